/// How one worker behaves. All times are its own, except the retention's, which the database measures.
package struct WorkerConfiguration: Sendable {
    /// For people: who this is in lists and in the history. Need not be unique.
    package var name: String
    package var version: String
    /// What else the worker says of itself in its row: a JSON object, looked at with each heartbeat. No secrets.
    package var about: @Sendable () -> String = { "{}" }
    /// Jobs in hand at once.
    package var slots = 64
    /// The fallback when no notification comes; jittered by up to a fifth.
    package var pollInterval: Duration = .seconds(5)
    /// A worker silent for this long has lost its jobs.
    package var lease: Duration = .seconds(30)
    /// How long shutdown waits for the jobs in hand before it cancels and releases them.
    package var shutdownGrace: Duration = .seconds(25)
    package var maxAttempts = 25
    /// The most jobs of one customer in hand at once, of all workers together; a row in `kushim_jira.customer_limits` has
    /// precedence. nil for no cap. Should be the same for all workers.
    package var customerLimit: Int?
    /// The longest a single run may take.
    package var timeLimit: Duration = .seconds(600)
    package var backoff = Backoff()
    package var retention = Retention()
    /// How often the worker looks for workers that fell silent; jittered by up to a fifth.
    package var rescueInterval: Duration = .seconds(5)
    /// How often to look for scheduled jobs that are due, when none is known to be due sooner. Behind a pooler it is a second at most.
    package var promoteInterval: Duration = .seconds(5)
    /// How often to look from the start for jobs that were committed long after their insert; jittered by up to a fifth.
    package var surveyInterval: Duration = .seconds(30)
    package var retentionInterval: Duration = .seconds(600)
    /// How often to look whether the tables have room for what is inserted next.
    package var roomInterval: Duration = .seconds(60)
    package var gaugeInterval: Duration = .seconds(15)
    /// Whether to LISTEN for new jobs. Without (PgBouncer in transaction mode), polling alone finds them.
    package var listens = true
    /// What is to be written when the engine does something to a job.
    package var effects: @Sendable (JobEvent) -> [any Effect] = { _ in [] }
    package var clock = WorkerClock.system
    /// 0 to 1.
    package var random: @Sendable () -> Double = { Double.random(in: 0...1) }

    package init(name: String, version: String) {
        self.name = name
        self.version = version
    }

    func jittered(_ interval: Duration) -> Duration { interval * (0.8 + 0.4 * random()) }
}

/// How long finished jobs are kept, at least. They leave together with those that were inserted at about the same time.
package struct Retention: Sendable {
    package var completed: Duration = .seconds(30 * 86400)
    /// Dead letters and cancelled jobs.
    package var discarded: Duration = .seconds(365 * 86400)
    /// Jobs that were inserted within so long leave together: few such ranges, since each is a table that every claim knows of.
    var span: Duration { max(.seconds(86400), completed / 30) }

    package init() {}
}
