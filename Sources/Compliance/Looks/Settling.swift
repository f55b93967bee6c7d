/// When to look again, and until when.
struct Settling {
    /// After a request without answer: five times as long where the issue could be found by search alone.
    let time: Duration

    init(_ configured: Duration, _ episode: Episode) {
        time = episode.lastIssueSeen == nil ? configured * 5 : configured
    }

    /// Nil if whatever was sent must have shown itself by now; else how long to wait for the next look: soon at first, since
    /// most answers are lost after the work was done.
    func wait(after age: Duration) -> Duration? {
        guard age < time else { return nil }
        let next = [1.0 / 24, 1.0 / 6, 1.0 / 2].map { time * $0 }.first { $0 > age } ?? time
        return next - age + .milliseconds(20)
    }
}
