/// Delay before the next attempt: exponential with full jitter, so that jobs which failed together do not come back together
/// (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
package struct Backoff: Sendable {
    /// The longest delay after the first failed attempt.
    package var base: Duration
    package var cap: Duration

    package init(base: Duration = .seconds(2), cap: Duration = .seconds(3600)) {
        self.base = base
        self.cap = cap
    }

    /// Somewhere between zero and `base` doubled with each attempt, at most `cap`.
    /// - Parameter random: 0 to 1.
    package func delay(afterAttempt attempt: Int, random: Double) -> Duration {
        let doublings = min(max(attempt, 1) - 1, 40)
        let longest = min(base * (1 << doublings), cap)
        return longest * min(max(random, 0), 1)
    }
}
