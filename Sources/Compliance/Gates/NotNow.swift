import Jobs

/// The job cannot be done at present, through no fault of its own: it waits, and is charged no attempt.
struct NotNow: Error, Sendable, CustomStringConvertible {
    var wait: Duration
    var reason: String
    var effects: [any Effect] = []

    var description: String { reason }
}

extension NotNow {
    /// How the reason begins with which a job waits for somebody to mend or to allow something: `ProbeGatesNow` wakes those.
    static let waiting = "waiting: "

    /// For the ticket that another job is to make. Most are made at once; but what keeps one from being made may last for days, and
    /// all that time its control fails again and again.
    init(forTicketOf controlID: String, by maker: String, _ job: ClaimedJob) {
        self.init(
            wait: .milliseconds(500) * min(4 + 2 * job.snoozes, 600),
            reason: "the ticket for \(controlID) is being created by \(maker)")
    }

    /// - Parameter wait: the longest, if nobody says that it is mended.
    init(untilMended reason: String, wait: Duration, effects: [any Effect] = []) {
        self.init(wait: wait, reason: Self.waiting + reason, effects: effects)
    }

    /// What wakes up together would stumble over each other: a fifth of jitter.
    init(_ gate: ShutGate, wait: Duration) {
        self.init(
            wait: max(wait, .milliseconds(50)) * Double.random(in: 1...1.2),
            reason: Self.waiting + gate.words)
    }
}
