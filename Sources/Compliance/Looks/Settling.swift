import FoundationEssentials
import Jira
import Jobs

/// Looks in Jira for the issue of a create request whose outcome is unknown.
struct DoubtfulSend {
    private let jira: GuardedJira
    private let episode: Episode

    init(jira: GuardedJira, episode: Episode) {
        self.jira = jira.demandingNamedCaller
        self.episode = episode
    }

    struct Sighting {
        /// The oldest that carries the whole fingerprint.
        var issue: IssueReference
        var how: String
        /// What else carries the label or the fingerprint: clones, or a double. Reported, and left alone.
        var others: [String]
    }

    /// Nil if Jira, knowing who asks, knows of no such issue *now*.
    func look(_ admission: Admission) async throws -> Sighting? {
        if let sighting = try await lookByLabel(admission) { return sighting }
        return try await lookByKey(admission)
    }

    /// Nothing but the label: an issue may have been moved, closed or edited since. The index lags behind, so to find none
    /// means little by itself.
    private func lookByLabel(_ admission: Admission) async throws -> Sighting? {
        let properties = jira.connection.deployment == .cloud ? [Fingerprint.propertyKey] : []
        let search = SearchIssues(
            jql: "labels = \(JQL.quote(episode.fingerprint.label))", fields: ["created", "project"],
            properties: properties)
        var candidates = try await jira.guarded(admission) { () async throws(JiraError) in
            try await jira.client.all(search, limit: 100)
        }
        let bare = candidates.filter { $0.properties.isEmpty }.map(\.id)
        if !bare.isEmpty {
            let complete = try await issues(bare, admission)
            candidates = candidates.filter { !bare.contains($0.id) } + complete
        }
        return sighting(among: candidates, how: "label")
    }

    /// Jira numbers the issues of a project in sequence, and reads by key are no index reads: what search cannot show yet
    /// stands after the newest issue that was known before the request.
    private func lookByKey(_ admission: Admission) async throws -> Sighting? {
        guard let lastSeen = episode.lastIssueSeen else { return nil }
        let step = jira.connection.deployment == .cloud ? Int64(BulkFetchIssues.maximumCount) : 20
        for round in 0..<20 {
            let first = lastSeen + 1 + Int64(round) * step
            let keys = (first..<first + step).map { "\(episode.projectKey)-\($0)" }
            let found = try await issues(keys, admission)
            if let sighting = sighting(among: found, how: "key") { return sighting }
            if found.isEmpty { return nil }
        }
        return nil
    }

    private func issues(_ idsOrKeys: [String], _ admission: Admission) async throws -> [JiraIssue] {
        try await jira.guarded(admission) { () async throws(JiraError) in
            try await jira.client.issues(
                idsOrKeys, fields: ["created", "labels", "project"], properties: [Fingerprint.propertyKey])
        }
    }

    private func sighting(among issues: [JiraIssue], how: String) -> Sighting? {
        let ours = issues.filter { episode.fingerprint.isCarried(by: $0.properties) }
            .sorted { (Int64($0.id) ?? .max, $0.id) < (Int64($1.id) ?? .max, $1.id) }
        guard let first = ours.first else { return nil }
        let others =
            ours.dropFirst().map(\.key)
            + issues.filter { issue in
                issue.labels.contains(episode.fingerprint.label) && !ours.contains { $0.id == issue.id }
            }.map(\.key)
        return Sighting(
            issue: IssueReference(
                id: first.id, key: first.key, url: jira.connection.browseURL(issueKey: first.key)),
            how: how, others: others)
    }
}

/// When to look again, and until when.
struct Settling {
    /// After a request without answer: five times as long where the issue could be found by search alone.
    let time: Duration

    init(_ configured: Duration, _ episode: Episode) {
        time = episode.lastIssueSeen == nil ? configured * 5 : configured
    }

    /// Nil if whatever was sent must have shown itself by now; else how long to wait for the next look: soon at first, since
    /// most answers are lost after the work was done.
    func wait(after age: Duration) -> Duration? {
        guard age < time else { return nil }
        let next = [1.0 / 24, 1.0 / 6, 1.0 / 2].map { time * $0 }.first { $0 > age } ?? time
        return next - age + .milliseconds(20)
    }
}
