import Jira

/// A job that wants to know something of Jira, with its leave to ask.
struct Asker: Sendable {
    let jira: GuardedJira
    let admission: Admission

    init(_ jira: GuardedJira, _ admission: Admission) {
        self.jira = jira
        self.admission = admission
    }

    var connection: JiraConnection { jira.connection }

    func guarded<Response: Sendable>(_ requests: () async throws(JiraError) -> Response) async throws -> Response {
        try await jira.guarded(admission, requests)
    }

    /// - Parameter harmless: the same sort of question without the words of a failure; see `GuardedJira.guarded`.
    func guarded<Response: Sendable>(
        harmless: () async throws(JiraError) -> Void, _ requests: () async throws(JiraError) -> Response
    ) async throws -> Response {
        try await jira.guarded(admission, harmless: harmless, requests)
    }
}

extension Collection where Element == Asker {
    /// Who speaks for all that share a look. Whoever is to find out whether a shut gate can be opened again comes first: the
    /// others' leave is worth nothing until then, and his look is what he was let through for.
    var spokesman: Asker? {
        first { $0.admission.isProbe(of: .site($0.connection)) } ?? first
    }
}
