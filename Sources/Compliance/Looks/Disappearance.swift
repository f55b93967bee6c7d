import FoundationEssentials
import Jira
import Postgres

/// What it means that Jira says of a ticket's issue that it is not there.
///
/// Jira says the same of an issue that was deleted and of one that the account may not see. A hidden ticket is not replaced: the
/// control would have two. So an issue counts as gone only where that is proven.
struct Disappearance {
    let ticket: KnownIssue
    let asker: Asker

    /// How it is known that the issue is gone; nil if it may be hidden.
    func proofOfDeletion() async throws -> String? {
        if try await isNumberedAnew() {
            return "Jira was restored from a backup from before it was created: a newer issue has a lower number"
        }
        if try await nothingCanBeHidden() { return "deleted in Jira" }
        return nil
    }

    /// What an operator is told.
    var words: String {
        "Jira does not show \(ticket.reference.key) to the account: it was deleted, or it is hidden by issue security."
    }

    static let remedy =
        "Let the account see it. If it was deleted, `kushim-jira tickets unlink CUSTOMER CONTROL` lets a new one be made; an account"
        + " with the permission Administer Projects tells that by itself where the project has no issue security."

    /// Issues are numbered in sequence: only in a Jira that was restored has what was created later a lower number.
    private func isNumberedAnew() async throws -> Bool {
        guard let created = ticket.created, let (project, number) = IssueKey.parts(ticket.reference.key) else {
            return false
        }
        let newest = SearchIssues(
            jql: "project = \(JQL.quote(project)) ORDER BY created DESC", fields: ["created"], pageSize: 1)
        let found = try await asker.guarded { () async throws(JiraError) in
            try await asker.jira.client.all(newest, limit: 1)
        }
        guard let issue = found.first, let later = issue.created, let parts = IssueKey.parts(issue.key) else {
            return false
        }
        return later > created && parts.project == project && parts.number <= number
    }

    private func nothingCanBeHidden() async throws -> Bool {
        // A token whose scopes do not reach so far would be answered as if it were refused altogether.
        guard !asker.connection.usesGateway else { return false }
        let rights = try await asker.jira.send(
            MyPermissions(projectKey: ticket.projectKey, [.administerProjects]), asker.admission)
        guard rights.contains(.administerProjects) else { return false }
        do {
            return try await !asker.jira.send(GetSecurityScheme(ticket.projectKey), asker.admission)
        } catch let error as JiraError {
            // The project was seen a moment ago: what is not found is the scheme.
            if case .notFound = error.kind { return true }
            return false
        }
    }
}
