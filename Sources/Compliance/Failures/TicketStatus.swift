import FoundationEssentials
import Jira

/// What Jira says of a ticket in the ledger, asked by its id.
enum TicketStatus: Sendable {
    /// With the name of the status, if Jira was asked.
    case open(String?)
    /// Since when, if Jira says so, and as what.
    case done(Date?, resolution: String?)
    case deleted
    /// Nobody could tell; the reason.
    case unknown(String)

    /// Never throws because of Jira: what it cannot say, the ledger decides.
    init(of issue: IssueReference, project: String, _ jira: GuardedJira) async throws {
        do {
            let question = GetIssue(issue.id, fields: Self.fields(jira.connection))
            let found = try await jira.admitted { try await jira.send(question, $0) }
            self =
                found.isDone
                ? .done(found.resolved ?? found.statusChanged, resolution: found.resolution)
                : .open(found.status)
        } catch let error as JiraError {
            guard case .notFound = error.kind else {
                self = .unknown(error.sentence)
                return
            }
            self = try await Self.ofMissing(project, jira)
        } catch let notNow as NotNow {
            self = .unknown(notNow.reason)
        }
    }

    /// Gone, or only hidden from the account? A project that cannot be read either proves nothing.
    private static func ofMissing(_ project: String, _ jira: GuardedJira) async throws -> TicketStatus {
        do {
            _ = try await jira.admitted { try await jira.send(GetProject(project), $0) }
            return .deleted
        } catch let error as JiraError {
            return .unknown("neither the issue nor its project \(project) is visible to the account (\(error.words))")
        }
    }

    /// Cloud tells when the status became done even where no resolution is set.
    private static func fields(_ connection: JiraConnection) -> [String] {
        ["status", "resolution", "resolutiondate"]
            + (connection.deployment == .cloud ? [JiraIssue.statusChangedField] : [])
    }
}

extension JiraIssue {
    fileprivate static let statusChangedField = "statuscategorychangedate"

    fileprivate var statusChanged: Date? {
        fields[Self.statusChangedField]?.stringValue.flatMap { JiraTimestamp.iso8601($0) }
    }
}

extension TicketEnded {
    /// Nil if the status is no end.
    init?(_ episode: Episode, _ status: TicketStatus, actor: String, noticedBy: String) {
        self.init(ticketID: episode.id, status, actor: actor, noticedBy: noticedBy)
    }

    init?(ticketID: Int64, _ status: TicketStatus, actor: String, noticedBy: String) {
        switch status {
        case .open, .unknown:
            return nil
        case .done(let at, let resolution):
            self.init(
                ticketID: ticketID, how: .done, at: at, actor: actor,
                detail: ["resolution": resolution.map { .string($0) } ?? .null, "how": .string(noticedBy)])
        case .deleted:
            self.init(ticketID: ticketID, how: .deleted, at: nil, actor: actor, detail: ["how": .string(noticedBy)])
        }
    }
}
