import Metrics

/// What the queue tells about itself; the contract names these.
enum JobMetrics {
    static let jobs = "kushim_jira_jobs_total"
    static let duration = "kushim_jira_job_duration_seconds"
    static let pickupLatency = "kushim_jira_pickup_latency_seconds"
    static let leasesLost = "kushim_jira_leases_lost_total"
    static let waiting = "kushim_jira_jobs_waiting"
    static let oldestAge = "kushim_jira_oldest_job_age_seconds"
    static let workersAlive = "kushim_jira_workers_alive"

    static func ended(_ job: ClaimedJob, outcome: Settlement.Verdict, after duration: Duration) {
        Counter(label: jobs, dimensions: [("kind", job.kind), ("outcome", outcome.label)]).increment()
        Timer(label: Self.duration, dimensions: [("kind", job.kind)]).record(duration: duration)
    }

    static func pickedUp(after seconds: Double) {
        Timer(label: pickupLatency).recordSeconds(max(seconds, 0))
    }

    static func lostLease() {
        Counter(label: leasesLost).increment()
    }
}

extension Settlement.Verdict {
    fileprivate var label: String { self == .failed ? "retried" : rawValue }
}
