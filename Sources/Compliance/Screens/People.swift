import Jira
import Postgres

/// Whom addresses and names mean in a Jira: asked once, kept for a while.
actor People {
    private struct Question: Hashable {
        let site: ExactText
        let text: ExactText
        let project: ExactText?

        init(_ text: String, assignableIn project: String?, at connection: JiraConnection) {
            site = ExactText(connection.baseURL)
            self.text = ExactText(text.lowercased())
            self.project = project.map(ExactText.init)
        }
    }

    private var known: [Question: (lookup: PersonLookup, at: ContinuousClock.Instant)] = [:]
    private var asking: [Question: Task<PersonLookup, any Error>] = [:]

    /// For how long somebody is believed to be who they were, and for how long to be nobody.
    private static let freshness: (found: Duration, missing: Duration) = (.seconds(3_600), .seconds(60))

    /// - Parameter project: for an assignee, since not everybody can be assigned everywhere.
    func lookup(_ text: String, assignableIn project: String?, _ asker: Asker) async throws -> PersonLookup {
        let question = Question(text, assignableIn: project, at: asker.connection)
        if let (lookup, at) = known[question], at.duration(to: .now) < Self.freshness(of: lookup) { return lookup }
        // A task of its own, since all who ask meanwhile wait for it, whatever becomes of the first.
        let asked =
            asking[question]
            ?? Task {
                do {
                    return try await asker.guarded(
                        harmless: { () async throws(JiraError) in
                            _ = try await asker.jira.client.lookUp(Self.nobody(like: text), assignableIn: project)
                        },
                        { () async throws(JiraError) in
                            try await asker.jira.client.lookUp(text, assignableIn: project)
                        })
                } catch let words as DislikedWords where !words.refusal.isTransient {
                    return .missing("Jira does not say who \(text) is: \(words.refusal.words)")
                }
            }
        asking[question] = asked
        defer { if asking[question] == asked { asking[question] = nil } }
        let lookup = try await asked.value
        // Unless another who waited did so, or Jira did not take them meanwhile.
        guard asking[question] == asked else { return lookup }
        if known.count >= 10_000 { known = [:] }
        known[question] = (lookup, .now)
        return lookup
    }

    /// An address or a name as the text is.
    private static func nobody(like text: String) -> String { text.contains("@") ? "nobody@example.com" : "nobody" }

    /// Jira did not take somebody who was found.
    func forget(_ text: String, assignableIn project: String?, at connection: JiraConnection) {
        let question = Question(text, assignableIn: project, at: connection)
        known[question] = nil
        asking[question] = nil
    }

    private static func freshness(of lookup: PersonLookup) -> Duration {
        if case .found = lookup { freshness.found } else { freshness.missing }
    }
}

extension JiraClient {
    /// Whom a text means, as far as Jira tells this account.
    func lookUp(_ text: String, assignableIn project: String?) async throws(JiraError) -> PersonLookup {
        do throws(JiraError) {
            let users = try await send(FindUsers(text, assignableIn: project))
            return PersonLookup(text, among: users, assignableIn: project)
        } catch {
            switch error.kind {
            case .forbidden, .notFound, .invalid:
                return .missing("Jira does not say who \(text) is: \(error.words)")
            default: throw error
            }
        }
    }
}
