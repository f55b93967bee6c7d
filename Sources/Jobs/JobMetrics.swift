import Metrics

/// What the queue tells about itself; the contract names these.
struct JobMetrics: Sendable {
    private struct Kind: Sendable {
        let ended: [Settlement.Verdict: Counter]
        let duration: Timer
    }

    // Made once, since looking one up costs more than a quick job.
    private let kinds: [String: Kind]
    private let pickupLatency = Timer(label: "kushim_jira_pickup_latency_seconds")
    private let leasesLost = Counter(label: "kushim_jira_leases_lost_total")

    init(kinds: some Sequence<String>) {
        self.kinds = Dictionary(
            kinds.map { kind in
                let ended = Settlement.Verdict.allCases.map { verdict in
                    let dimensions = [("kind", kind), ("outcome", verdict.label)]
                    return (verdict, Counter(label: "kushim_jira_jobs_total", dimensions: dimensions))
                }
                return (
                    kind,
                    Kind(
                        ended: Dictionary(ended, uniquingKeysWith: { first, _ in first }),
                        duration: Timer(label: "kushim_jira_job_duration_seconds", dimensions: [("kind", kind)]))
                )
            }, uniquingKeysWith: { first, _ in first })
    }

    func ended(_ kind: String, outcome: Settlement.Verdict, after duration: Duration) {
        guard let kind = kinds[kind] else { return }
        kind.ended[outcome]?.increment()
        kind.duration.record(duration: duration)
    }

    func pickedUp(after seconds: Double) {
        pickupLatency.recordSeconds(max(seconds, 0))
    }

    func lostLease() {
        leasesLost.increment()
    }

    func waiting(_ count: Int64, oldestAge seconds: Double, kind: String) {
        Gauge(label: "kushim_jira_jobs_waiting", dimensions: [("kind", kind)]).record(count)
        Gauge(label: "kushim_jira_oldest_job_age_seconds", dimensions: [("kind", kind)]).record(seconds)
    }

    func workersAlive(_ count: Int64) {
        Gauge(label: "kushim_jira_workers_alive").record(count)
    }
}

extension Settlement.Verdict {
    fileprivate var label: String { self == .failed ? "retried" : rawValue }
}
