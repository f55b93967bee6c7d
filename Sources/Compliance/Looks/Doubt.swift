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
        Sighting(of: mark, among: issues, foundBy: foundBy, at: asker.connection)
    }

    var mark: TicketMark { TicketMark(fingerprint: episode.fingerprint, mayStandInText: episode.wasRequested) }

    /// When the last request was sent, by the database's clock.
    var sentAt: Date {
        episode.now.addingTimeInterval(-((episode.sinceLastSend ?? .zero) / .seconds(1)))
    }
}

/// Looks for the issues of several doubts by their marks, in one search.
///
/// Nothing but the mark: an issue may have been moved, closed or edited since. The index lags behind, so to find none means
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
        let fields = doubts.fieldsForSighting
        let search = SearchIssues(
            jql: doubts.map(\.mark).jql, fields: fields, properties: isCloud ? [Fingerprint.propertyKey] : [],
            pageSize: JiraIssue.mostInAnswer(with: fields))
        let found = try await asker.guarded { () async throws(JiraError) in try await asker.jira.client.all(search) }
        let bare = found.filter { $0.properties.isEmpty }.map(\.id)
        if bare.isEmpty { return found }
        let complete = try await asker.issues(bare, fields: fields)
        return found.filter { !$0.properties.isEmpty } + complete
    }
}

extension Asker {
    /// With their properties, past the index.
    func issues(_ idsOrKeys: [String], fields: [String]) async throws -> [JiraIssue] {
        try await guarded { () async throws(JiraError) in
            try await jira.client.issues(idsOrKeys, fields: fields, properties: [Fingerprint.propertyKey])
        }
    }
}

extension Collection where Element == Doubt {
    var fieldsForSighting: [String] { ["created", "project"] + map(\.mark).fieldsToRead }
}
