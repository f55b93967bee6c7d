package import Jira

/// A ticket to be made, in Kushim's words; `createFields` says it in Jira's.
package struct TicketDraft: Sendable, Hashable {
    /// The key of the project.
    package var project: String
    package var kind: IssueKind
    package var summary: String
    package var description: Document
    /// By name.
    package var priority: String?
    package var labels: [String]
    /// By name.
    package var components: [String]
    /// An e-mail address, an account id (Cloud) or a user name (Data Center).
    package var assignee: String?
    /// `2026-11-30`.
    package var dueDate: String?
    /// The key of the parent issue.
    package var parent: String?
    /// What `tickets.fields` adds, by the id of the field.
    package var fields: [String: FieldContent]
    /// Those of `tickets.fields` that hold something else for each failure, and for some nothing.
    var changingFields: Set<String> = []
    /// By which the ticket is found again; nil for a dry run.
    package var fingerprint: Fingerprint?
    /// The rule that decided, for people: `rules[0] (integration: AWS)`.
    package var rule: String?

    var isRequest: Bool {
        if case .requestType = kind { true } else { false }
    }
}
