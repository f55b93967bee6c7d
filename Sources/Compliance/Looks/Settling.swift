/// When to look again, and until when.
struct Settling {
    /// After a request without answer: five times as long where the issue could be found by search alone.
    let time: Duration
    /// Before another request: longer with each in a row that was answered so.
    let pause: Duration

    /// - Parameter unproven: the requests in a row whose answers did not tell what they did.
    init(_ configured: Duration, _ episode: Episode, after unproven: Int) {
        self.init(episode.lastIssueSeen == nil ? configured * 5 : configured, after: unproven)
    }

    init(_ time: Duration, after unproven: Int) {
        self.time = time
        pause = time * (1 << min(max(unproven - 1, 0), 5))
    }

    /// Nil if whatever was sent must have shown itself by now; else how long to wait for the next look: soon at first, since
    /// most answers are lost after the work was done.
    func wait(after age: Duration) -> Duration? {
        guard age < time else { return age < pause ? pause - age + .milliseconds(20) : nil }
        let next = [1.0 / 24, 1.0 / 6, 1.0 / 2].map { time * $0 }.first { $0 > age } ?? time
        return next - age + .milliseconds(20)
    }
}
