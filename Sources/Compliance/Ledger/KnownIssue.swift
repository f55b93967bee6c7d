import FoundationEssentials
import Postgres

/// The issue of a ticket, with all that the ledger knows to tell it from another that has its id.
struct KnownIssue: Sendable, Hashable {
    var ticketID: Int64
    var reference: IssueReference
    var projectKey: String
    var mark: TicketMark
    /// The site that has it, as people see it. Nil until something on the issue proved that it is the ticket's.
    var origin: String?
    /// When it was created, by Jira's clock; nil until it was read.
    var created: Date?
    /// When the ledger got it.
    var openedAt: Date?
}

extension KnownIssue {
    /// In this order from a row of `kushim_jira.tickets`.
    static func columns(of row: String) -> String {
        """
        \(row).id, \(row).issue_id, \(row).issue_key, \(row).issue_url, \(row).project_key, \(row).fingerprint,
        \(row).requested, \(row).origin, \(row).issue_created_at, \(row).opened_at
        """
    }

    /// Nil where an outer join found none, or the ticket has no issue yet.
    init?(_ columns: inout ColumnReader) throws(PostgresError) {
        let ticketID: Int64? = try columns.next()
        let issueID: String? = try columns.next()
        let issueKey: String? = try columns.next()
        let issueURL: String? = try columns.next()
        let projectKey: String? = try columns.next()
        let fingerprint: String? = try columns.next()
        let wasRequested: Bool? = try columns.next()
        let origin: String? = try columns.next()
        let created: Date? = try columns.next()
        let openedAt: Date? = try columns.next()
        guard let ticketID, let reference = IssueReference(id: issueID, key: issueKey, url: issueURL), let projectKey,
            let fingerprint, let wasRequested
        else { return nil }
        self.init(
            ticketID: ticketID, reference: reference, projectKey: projectKey,
            mark: TicketMark(fingerprint: Fingerprint(hex: fingerprint), mayStandInText: wasRequested), origin: origin,
            created: created, openedAt: openedAt)
    }
}

extension IssueReference {
    /// It is another's issue, which the ticket got by a wrong answer; see `SeeIssue`.
    var isStandIn: Bool { id == key }

    /// The site that it is at, as people see it.
    var site: String {
        url.firstRange(of: "/browse/").map { String(url[..<$0.lowerBound]) } ?? url
    }
}
