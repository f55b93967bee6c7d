import Jira
import Postgres

/// The newest issue that is known of a project: what is created later has a higher number, since Jira numbers a project's
/// issues in sequence.
///
/// For a create request any number will do that was given away before it is sent; a newer one makes the look for its issue
/// shorter. Nothing is believed for longer than `freshness`: a Jira that is restored from a backup counts from an older number.
actor ProjectFrontier {
    private struct Known {
        var number: Int64
        var at = ContinuousClock.now
    }

    /// By site and project: as Jira said, and as this process's own creates showed.
    private var asked: [ExactText: Known] = [:]
    private var made: [ExactText: Known] = [:]
    private var asking: [ExactText: Task<Int64, any Error>] = [:]
    private let freshness: Duration

    init(freshness: Duration = .seconds(300)) {
        self.freshness = freshness
    }

    /// A number that was given away before this returns. Nil if the project cannot be searched; the create will tell why.
    func number(of project: String, _ asker: Asker) async throws -> Int64? {
        let name = name(project, asker.connection)
        if let number = fresh(asked[name]) { return newest(number, name) }
        // A task of its own, since all who ask meanwhile wait for it, whatever becomes of the first.
        let task = asking[name] ?? Task { try await Self.ask(project, asker) }
        asking[name] = task
        defer { asking[name] = nil }
        do {
            let number = try await task.value
            asked[name] = Known(number: number)
            return newest(number, name)
        } catch let error as JiraError {
            switch error.kind {
            case .invalid, .forbidden, .notFound: return nil
            default: throw error
            }
        } catch is UnreadableIssueKey {
            return nil
        }
    }

    /// The newest number that anybody knows of now: Jira is asked anew.
    func newest(of project: String, _ asker: Asker) async throws -> Int64 {
        let name = name(project, asker.connection)
        let number = try await Self.ask(project, asker)
        asked[name] = Known(number: number)
        return newest(number, name)
    }

    /// Jira made the issue, so that its number is given away.
    func saw(_ issueKey: String, at connection: JiraConnection) {
        guard let (project, number) = IssueKey.parts(issueKey) else { return }
        let name = name(project, connection)
        // One that was answered late says nothing new.
        if let known = fresh(made[name]), known > number { return }
        made[name] = Known(number: number)
    }

    private func name(_ project: String, _ connection: JiraConnection) -> ExactText {
        ExactText("\(connection.baseURL) \(project)")
    }

    private func newest(_ number: Int64, _ name: ExactText) -> Int64 { max(number, fresh(made[name]) ?? 0) }

    private func fresh(_ known: Known?) -> Int64? {
        known.flatMap { $0.at.duration(to: .now) < freshness ? $0.number : nil }
    }

    /// 0 where the project has no issue.
    private static func ask(_ project: String, _ asker: Asker) async throws -> Int64 {
        let newest = SearchIssues(
            jql: "project = \(JQL.quote(project)) ORDER BY created DESC", fields: ["created"], pageSize: 1)
        let issues = try await asker.guarded { () async throws(JiraError) in
            try await asker.jira.client.all(newest, limit: 1)
        }
        guard let key = issues.first?.key else { return 0 }
        guard let number = IssueKey.parts(key)?.number else { throw UnreadableIssueKey(key: key) }
        return number
    }
}

/// The newest issue of a project has a key without a number that can be counted on from.
struct UnreadableIssueKey: Error, CustomStringConvertible {
    let key: String
    var description: String { "\(key) is no issue's key" }
}

/// `COMP-142`
enum IssueKey {
    /// No project has more issues. A number beyond them, from Jira or from the ledger, is not one to count on from.
    static let numbers: ClosedRange<Int64> = 1...999_999_999_999

    static func parts(_ key: String) -> (project: String, number: Int64)? {
        guard let dash = key.lastIndex(of: "-"), let number = Int64(key[key.index(after: dash)...]),
            numbers.contains(number)
        else { return nil }
        return (String(key[..<dash]), number)
    }
}
