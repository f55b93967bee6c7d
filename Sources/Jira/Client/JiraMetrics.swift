import HTTP
import Metrics

/// What is counted about requests to Jira. Labels hold no customer's data.
struct JiraMetrics: Sendable {
    static let requests = "kushim_jira_jira_requests_total"
    static let duration = "kushim_jira_jira_request_duration_seconds"
    static let throttled = "kushim_jira_jira_throttled_seconds_total"

    static let operation = "operation"
    /// The HTTP status, or why there was none.
    static let status = "status"

    /// nil: the one the process was started with.
    private let given: (any MetricsFactory)?

    init(factory: (any MetricsFactory)?) {
        given = factory
    }

    private var factory: any MetricsFactory { given ?? MetricsSystem.factory }

    func requestAnswered(_ operation: String, _ status: Int, _ duration: Duration) {
        count(operation, String(status), duration)
    }

    func requestFailed(_ operation: String, _ kind: HTTPError.Kind, _ duration: Duration) {
        count(operation, Self.name(of: kind), duration)
    }

    func throttled(_ wait: Duration) {
        FloatingPointCounter(label: Self.throttled, factory: factory).increment(by: wait / .seconds(1))
    }

    private func count(_ operation: String, _ status: String, _ duration: Duration) {
        let labels = [(Self.operation, operation), (Self.status, status)]
        Counter(label: Self.requests, dimensions: labels, factory: factory).increment()
        // No request takes a day.
        let nanoseconds = Int64(min(max(duration, .zero), .seconds(86_400)) / .nanoseconds(1))
        Timer(label: Self.duration, dimensions: [(Self.operation, operation)], factory: factory)
            .recordNanoseconds(nanoseconds)
    }

    private static func name(of kind: HTTPError.Kind) -> String {
        switch kind {
        case .invalidURL: "invalid_url"
        case .invalidRequest: "invalid_request"
        case .refusedAddress: "refused_address"
        case .cannotResolve: "cannot_resolve"
        case .cannotConnect: "cannot_connect"
        case .proxyRefused: "proxy_refused"
        case .tls: "tls"
        case .timedOut: "timed_out"
        case .connectionLost: "connection_lost"
        case .truncatedBody: "truncated"
        case .responseTooLarge: "too_large"
        case .leaveWithdrawn: "leave_withdrawn"
        case .cancelled: "cancelled"
        case .shutDown: "shut_down"
        case .other: "other"
        }
    }
}
