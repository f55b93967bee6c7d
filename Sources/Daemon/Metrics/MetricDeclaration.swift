/// A metric as Prometheus shows it. All that the daemon has stand in `all`; dashboards and alerts are made from the same names.
struct MetricDeclaration: Sendable {
    enum Kind: String, Sendable { case counter, gauge, histogram }

    /// The whole name, prefix and unit included.
    var name: String
    var kind: Kind
    var help: String
    /// Whether each series carries labels. One without is shown from the start, at zero, so that a rate can be taken of it.
    var hasLabels = false
    /// Upper bounds of a histogram, ascending, in the metric's unit.
    var buckets: [Double] = []

    static let prefix = "kushim_jira_"

    /// Calls over the network.
    static let requestBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
    /// From a quick skip to a job that waits for Jira in doubt.
    static let jobBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]
    /// From a notification that wakes at once to a backlog of an hour.
    static let latencyBuckets = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 15, 60, 300, 1_800, 3_600,
    ]

    static let all: [MetricDeclaration] = [
        .counter("jobs_total", "Runs of jobs by kind and outcome.", labelled: true),
        .histogram("job_duration_seconds", "Time one run of a job took.", jobBuckets, labelled: true),
        .gauge("jobs_waiting", "Jobs that could run now and wait for a free slot.", labelled: true),
        .gauge("oldest_job_age_seconds", "For how long the oldest waiting job could have run.", labelled: true),
        .histogram("pickup_latency_seconds", "Time from when a job could run until it did.", latencyBuckets),
        .counter("tickets_total", "Compliance events by what became of them.", labelled: true),
        .counter("jira_requests_total", "Requests to Jira by operation and HTTP status.", labelled: true),
        .histogram("jira_request_duration_seconds", "Time a request to Jira took.", requestBuckets, labelled: true),
        .counter("jira_throttled_seconds_total", "Time that Jira or our own cap made requests wait."),
        .gauge("connection_blocked", "1 while a customer's Jira connection is stopped.", labelled: true),
        .gauge("tickets_in_doubt", "Tickets whose creation has an unknown outcome that is not settled yet."),
        .counter("leases_lost_total", "Times a worker found that its jobs are no longer its own."),
        .gauge("audit_unsealed_records", "Audit records that no signed checkpoint covers yet."),
        .gauge("audit_oldest_unsealed_seconds", "Age of the oldest audit record that no checkpoint covers."),
        .gauge(
            "credential_expires_timestamp_seconds", "When a customer's Jira credential ends, Unix time.", labelled: true
        ),
        .counter("webhooks_total", "Webhooks received by outcome.", labelled: true),
        .gauge("workers_alive", "Workers with a current lease, on all hosts."),
        .gauge("config_last_reload_success_timestamp_seconds", "When the configuration was last read, Unix time."),
        .gauge("build_info", "Always 1; the labels tell what is running.", labelled: true),
    ]

    private static func counter(_ name: String, _ help: String, labelled: Bool = false) -> MetricDeclaration {
        MetricDeclaration(name: prefix + name, kind: .counter, help: help, hasLabels: labelled)
    }

    private static func gauge(_ name: String, _ help: String, labelled: Bool = false) -> MetricDeclaration {
        MetricDeclaration(name: prefix + name, kind: .gauge, help: help, hasLabels: labelled)
    }

    private static func histogram(
        _ name: String, _ help: String, _ buckets: [Double], labelled: Bool = false
    ) -> MetricDeclaration {
        MetricDeclaration(name: prefix + name, kind: .histogram, help: help, hasLabels: labelled, buckets: buckets)
    }
}

extension MetricDeclaration {
    /// The declaration of a metric by whatever name the code that counts it uses: with or without prefix, dotted or not.
    static func resolve(_ label: String, _ kind: Kind, seconds: Bool, among declared: [String: MetricDeclaration])
        -> MetricDeclaration
    {
        var name = String(
            label.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") ? $0 : "_" })
        if name.first?.isNumber ?? true { name = "_" + name }
        if !name.hasPrefix(prefix) { name = prefix + name }
        if let exact = declared[name] { return exact }
        // Prometheus' naming: counters end in _total, times are in seconds.
        if kind == .counter, !name.hasSuffix("_total") { name += "_total" }
        if seconds, !name.hasSuffix("_seconds") { name += "_seconds" }
        return declared[name]
            ?? MetricDeclaration(name: name, kind: kind, help: "", hasLabels: true, buckets: jobBuckets)
    }
}
