import Jira

/// The newest issue that is known of a project: what is created later has a higher number, since Jira numbers a project's
/// issues in sequence. Any known number will do as the place from which to look for one; a newer one makes the look shorter.
actor ProjectFrontier {
    private struct Known {
        var number: Int64
        var askedAt: ContinuousClock.Instant
    }

    private var known: [String: Known] = [:]
    private var asking: [String: Task<Int64?, any Error>] = [:]
    private let freshness: Duration = .seconds(300)

    /// Nil if the project cannot be searched; the create will tell why.
    func number(of project: String, _ jira: GuardedJira, _ admission: Admission) async throws -> Int64? {
        let name = "\(jira.connection.baseURL) \(project)"
        if let known = known[name], known.askedAt.duration(to: .now) < freshness { return known.number }
        // A task of its own, since all who ask meanwhile wait for it, whatever becomes of the first.
        let task = asking[name] ?? Task { try await Self.ask(project, jira, admission) }
        asking[name] = task
        defer { asking[name] = nil }
        guard let number = try await task.value else { return nil }
        let newest = max(number, known[name]?.number ?? 0)
        known[name] = Known(number: newest, askedAt: .now)
        return newest
    }

    func saw(_ issueKey: String, at connection: JiraConnection) {
        guard let (project, number) = IssueKey.parts(issueKey) else { return }
        let name = "\(connection.baseURL) \(project)"
        guard var newest = known[name] else { return }
        newest.number = max(newest.number, number)
        known[name] = newest
    }

    private static func ask(_ project: String, _ jira: GuardedJira, _ admission: Admission) async throws -> Int64? {
        let newest = SearchIssues(
            jql: "project = \(JQL.quote(project)) ORDER BY created DESC", fields: ["created"], pageSize: 1)
        do {
            let issues = try await jira.guarded(admission) { () async throws(JiraError) in
                try await jira.client.all(newest, limit: 1)
            }
            return issues.first.map { IssueKey.parts($0.key)?.number ?? 0 } ?? 0
        } catch let error as JiraError {
            switch error.kind {
            case .invalid, .forbidden, .notFound: return nil
            default: throw error
            }
        }
    }
}

/// `COMP-142`
enum IssueKey {
    static func parts(_ key: String) -> (project: String, number: Int64)? {
        guard let dash = key.lastIndex(of: "-"), let number = Int64(key[key.index(after: dash)...]) else { return nil }
        return (String(key[..<dash]), number)
    }
}
