import FoundationEssentials
import Postgres

/// A row of the ledger: from a control's failure until its ticket is done.
struct Episode: Sendable, Hashable {
    enum State: String, Sendable {
        /// Intended; perhaps sent, see `isInDoubt`.
        case creating
        case open
        /// Its issue is in a status of the category "done".
        case done
        /// Its issue is gone from Jira.
        case deleted
        /// Its issue stays at a site that the customer moved away from.
        case left
        /// Given up without an issue.
        case refused
    }

    var id: Int64
    var number: Int
    var fingerprint: Fingerprint
    var state: State
    /// The failure that opened it, or took it over from a job that was given up.
    var jobID: Int64
    var projectKey: String
    var issue: IssueReference?
    /// When its time began to run.
    var failedAt: Date
    var dueAt: Date
    var severity: Severity
    /// The day of `dueAt` in the time zone of the SLA: `2026-11-30`.
    var dueDate: String
    /// Create requests sent so far.
    var sends: Int
    /// A create request was sent and nobody knows what became of it.
    var isInDoubt: Bool
    var sinceLastSend: Duration?
    var sinceStatusSeen: Duration?
    var lastIssueSeen: Int64?
    /// A create request was sent to a service desk: its issue carries its mark in the description.
    var wasRequested: Bool
    /// The site that has the issue, once that is proven.
    var origin: String?
    var issueCreated: Date?
    var openedAt: Date?
    /// By the database's clock.
    var now: Date
}

/// An issue: its id is its identity, since the key changes when it is moved.
struct IssueReference: Sendable, Hashable {
    var id: String
    var key: String
    /// For people's browsers.
    var url: String
}

extension Episode {
    /// In this order from a row `t` of `kushim_jira.tickets`; `zone` is the SLA's time zone.
    static func columns(zone: String) -> String {
        """
        t.id, t.episode, t.fingerprint, t.state, t.job_id, t.project_key, t.issue_id, t.issue_key, t.issue_url,
        t.failed_at, t.due_at, t.severity, to_char(t.due_at AT TIME ZONE \(zone), 'YYYY-MM-DD'), t.sends, t.in_doubt,
        extract(epoch FROM clock_timestamp() - t.last_sent_at)::float8,
        extract(epoch FROM clock_timestamp() - t.status_seen_at)::float8, t.last_issue_seen, t.requested,
        t.origin, t.issue_created_at, t.opened_at, clock_timestamp()
        """
    }

    /// Nil where an outer join found none.
    init?(_ columns: inout ColumnReader) throws(PostgresError) {
        let id: Int64? = try columns.next()
        let number: Int32? = try columns.next()
        let fingerprint: String? = try columns.next()
        let state: String? = try columns.next()
        let jobID: Int64? = try columns.next()
        let projectKey: String? = try columns.next()
        let issueID: String? = try columns.next()
        let issueKey: String? = try columns.next()
        let issueURL: String? = try columns.next()
        let failedAt: Date? = try columns.next()
        let dueAt: Date? = try columns.next()
        let severity: String? = try columns.next()
        let dueDate: String? = try columns.next()
        let sends: Int32? = try columns.next()
        let isInDoubt: Bool? = try columns.next()
        let sinceLastSend: Duration? = try columns.next()
        let sinceStatusSeen: Duration? = try columns.next()
        let lastIssueSeen: Int64? = try columns.next()
        let wasRequested: Bool? = try columns.next()
        let origin: String? = try columns.next()
        let issueCreated: Date? = try columns.next()
        let openedAt: Date? = try columns.next()
        let now: Date = try columns.next()
        guard let id, let number, let fingerprint, let state = state.flatMap(State.init(rawValue:)), let jobID,
            let projectKey, let failedAt, let dueAt, let severity = severity.flatMap(Severity.init(rawValue:)),
            let dueDate, let sends, let isInDoubt, let wasRequested
        else { return nil }
        self.init(
            id: id, number: Int(number), fingerprint: Fingerprint(hex: fingerprint), state: state, jobID: jobID,
            projectKey: projectKey, issue: IssueReference(id: issueID, key: issueKey, url: issueURL),
            failedAt: failedAt, dueAt: dueAt, severity: severity, dueDate: dueDate, sends: Int(sends),
            isInDoubt: isInDoubt,
            sinceLastSend: sinceLastSend, sinceStatusSeen: sinceStatusSeen,
            // 0: the project had none.
            lastIssueSeen: lastIssueSeen.flatMap { $0 == 0 || IssueKey.numbers.contains($0) ? $0 : nil },
            wasRequested: wasRequested, origin: origin, issueCreated: issueCreated, openedAt: openedAt, now: now)
    }
}

extension Episode {
    var known: KnownIssue? {
        issue.map {
            KnownIssue(
                ticketID: id, reference: $0, projectKey: projectKey,
                mark: TicketMark(fingerprint: fingerprint, mayStandInText: wasRequested), origin: origin,
                created: issueCreated, openedAt: openedAt)
        }
    }
}

extension IssueReference {
    init?(id: String?, key: String?, url: String?) {
        guard let id, let key, let url else { return nil }
        self.init(id: id, key: key, url: url)
    }
}
