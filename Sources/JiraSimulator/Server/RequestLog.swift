package import FoundationEssentials

extension SimulatedJira {
    /// A request as it was received and answered. The `Authorization` header is not kept.
    package struct RequestRecord: Sendable {
        package var number: Int
        package var at: Date
        package var operation: Operation
        package var method: String
        package var path: String
        package var query: [String: String]
        package var headers: [String: String]
        package var body: String
        /// Nil while unanswered and where the answer was lost on purpose.
        package var status: Int?
        package var faults: [String]
        /// Whether the request was carried out, as far as it asked for an effect that Jira allows.
        package var wasCarriedOut: Bool
        /// Why it was refused, in more detail than Jira gives.
        package var reason: String?
    }

    /// Totals since the start or the last reset.
    package struct Counters: Sendable, Hashable {
        package var requests = 0
        package var byOperation: [Operation: Int] = [:]
        package var byStatus: [Int: Int] = [:]
        /// Requests that would have changed or deleted something: `METHOD path`.
        package var violations: [String] = []
        package var issuesCreated = 0
        package var commentsCreated = 0
        package var invalidRequests = 0
        package var refusedSignIns = 0
        package var rateLimited = 0
        package var faults: [String: Int] = [:]
        package var connectionsOpened = 0
        package var connectionsOpen = 0
        package var requestsInProgress = 0
        package var mostRequestsAtOnce = 0

        package subscript(operation: Operation) -> Int { byOperation[operation, default: 0] }
    }

    /// What happened in Jira, as it happens.
    package enum Event: Sendable {
        case issueCreated(SimulatedIssue)
        case commentAdded(SimulatedComment, issueKey: String)
        case requestAnswered(RequestRecord)
    }
}

/// The latest requests: no more than a number of them, and no more than 64 MiB of their bodies.
struct RequestLog: Sendable {
    let limit: Int
    private var records: [SimulatedJira.RequestRecord] = []
    private var bodyBytes = 0
    private var lastNumber = 0

    init(limit: Int) { self.limit = limit }

    mutating func nextNumber() -> Int {
        lastNumber += 1
        return lastNumber
    }

    mutating func append(_ record: SimulatedJira.RequestRecord) {
        records.append(record)
        bodyBytes += record.body.utf8.count
        // Trimmed by halves, so that each record is moved once.
        if records.count > max(2 * limit, 1) || bodyBytes > 64 << 20 {
            records.removeFirst((records.count + 1) / 2)
            bodyBytes = records.reduce(0) { $0 + $1.body.utf8.count }
        }
    }

    var latest: ArraySlice<SimulatedJira.RequestRecord> { records.suffix(limit) }
}
