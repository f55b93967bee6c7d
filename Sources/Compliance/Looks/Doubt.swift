import FoundationEssentials
import Jira

/// An episode of which a create request was sent whose outcome is unknown.
struct Doubt: Sendable {
    let episode: Episode
    let asker: Asker

    /// To believe wrongly that there is no issue makes a second one: each answer must say whom it was given to.
    init(_ episode: Episode, _ asker: Asker) {
        self.episode = episode
        self.asker = Asker(asker.jira.demandingNamedCaller, asker.admission)
    }

    func sighting(among issues: [JiraIssue], foundBy: Sighting.FoundBy) -> Sighting? {
        Sighting(of: episode.fingerprint, among: issues, foundBy: foundBy, at: asker.connection)
    }

    /// When the last request was sent, by the database's clock.
    var sentAt: Date {
        episode.now.addingTimeInterval(-((episode.sinceLastSend ?? .zero) / .seconds(1)))
    }
}

/// Looks for the issues of several doubts by their labels, in one search.
///
/// Nothing but the label: an issue may have been moved, closed or edited since. The index lags behind, so to find none means
/// little by itself.
struct LabelLook {
    /// In one query.
    static let maximumCount = 50

    let doubts: [Doubt]

    func sightings() async -> [Result<Sighting?, any Error>] {
        do {
            let issues = try await issues()
            return doubts.map { .success($0.sighting(among: issues, foundBy: .label)) }
        } catch {
            return doubts.map { _ in .failure(error) }
        }
    }

    private func issues() async throws -> [JiraIssue] {
        guard let asker = doubts.map(\.asker).spokesman else { return [] }
        let isCloud = asker.connection.deployment == .cloud
        let search = SearchIssues(
            jql: "labels in \(JQL.list(doubts.map(\.episode.fingerprint.label)))",
            fields: JiraIssue.fieldsForSighting, properties: isCloud ? [Fingerprint.propertyKey] : [])
        let found = try await asker.guarded { () async throws(JiraError) in try await asker.jira.client.all(search) }
        let bare = found.filter { $0.properties.isEmpty }.map(\.id)
        if bare.isEmpty { return found }
        let complete = try await asker.issues(bare)
        return found.filter { !$0.properties.isEmpty } + complete
    }
}

extension Asker {
    /// With their properties, past the index.
    func issues(_ idsOrKeys: [String], fields: [String] = JiraIssue.fieldsForSighting) async throws -> [JiraIssue] {
        try await guarded { () async throws(JiraError) in
            try await jira.client.issues(idsOrKeys, fields: fields, properties: [Fingerprint.propertyKey])
        }
    }
}

extension JiraIssue {
    static let fieldsForSighting = ["created", "labels", "project"]
}
