import Jira
import Postgres

/// The query for tickets that exist already, and the smaller ones to ask where Jira does not take it.
struct ExistingTicketsSearch {
    let project: String
    let wanted: [WantedTicket]

    /// The most issues that are looked at: the oldest.
    static let limit = 10_000

    /// An answer that is longer than what is taken of one would shut the site's gate.
    var pageSize: Int {
        wanted.contains(where: \.mark.mayStandInText) ? JiraIssue.mostInAnswer(with: ["description"]) : 500
    }

    private enum Scope: CaseIterable {
        case all, byLabelOnly, ownOnly
    }

    struct Found {
        var issues: [JiraIssue] = []
        /// What was not looked at, and why.
        var gap: String?
        /// The same for issues of our own.
        var ownGap: String?
        /// Jira did not take the whole query.
        var isRefused = false
    }

    /// What may be one of the tickets.
    func found(_ asker: Asker) async throws -> Found {
        var asked: Set<ExactText> = []
        var lastRefusal: JiraError?
        for scope in Scope.allCases {
            let jql = jql(scope)
            guard asked.insert(ExactText(jql)).inserted else { continue }
            let refusal: JiraError
            do {
                let issues = try await issues(jql, harmless: scope == .ownOnly ? nil : harmless?.jql(scope), asker)
                return Found(
                    issues: issues, gap: gap(scope, lastRefusal, count: issues.count), isRefused: lastRefusal != nil)
            } catch let error as JiraError {
                refusal = error
            }
            switch refusal.kind {
            case .invalid, .forbidden, .notFound, .conflict, .tooLarge: lastRefusal = refusal
            default: throw refusal
            }
        }
        let gap = gap(.ownOnly, lastRefusal, count: 0)
        return Found(gap: gap, ownGap: gap, isRefused: true)
    }

    private func issues(_ jql: String, harmless: String?, _ asker: Asker) async throws -> [JiraIssue] {
        func ask(_ jql: String, pageSize: Int, limit: Int) async throws(JiraError) -> [JiraIssue] {
            let search = SearchIssues(
                jql: jql + " ORDER BY created ASC", fields: JiraIssue.standardFields + wanted.map(\.mark).fieldsToRead,
                pageSize: pageSize)
            return try await asker.jira.client.all(search, limit: limit)
        }
        let question = { () async throws(JiraError) in try await ask(jql, pageSize: pageSize, limit: Self.limit) }
        guard let harmless else { return try await asker.guarded(question) }
        return try await asker.guarded(
            harmless: { () async throws(JiraError) in _ = try await ask(harmless, pageSize: 1, limit: 1) }, question)
    }

    /// The same query for a control that does not exist. Nil if no failure's words stand in the query.
    private var harmless: ExistingTicketsSearch? {
        guard let worded = wanted.first(where: { !$0.isOwnOnly }) else { return nil }
        return ExistingTicketsSearch(project: project, wanted: [worded.harmless])
    }

    private func gap(_ scope: Scope, _ refusal: JiraError?, count: Int) -> String? {
        if let refusal {
            return (scope == .byLabelOnly ? "searched by label only: " : "not searched: ") + refusal.sentence
        }
        return count == Self.limit ? "only the oldest \(count) of the issues that match were looked at" : nil
    }

    /// An issue of our own may be anywhere and in any status; one of somebody else's must be open, and where ours would be.
    private func jql(_ scope: Scope) -> String {
        let own = wanted.map(\.mark).jql
        guard scope != .ownOnly else { return own }
        let labels = Self.each(wanted.compactMap(\.controlLabel))
        var signs = labels.isEmpty ? [] : ["labels in \(JQL.list(labels))"]
        if scope == .all { signs += Self.each(wanted.compactMap(\.summaryPhrase)).map { "summary ~ \($0)" } }
        guard !signs.isEmpty else { return own }
        return """
            \(own) OR (project = \(JQL.quote(project)) AND statusCategory != "Done" \
            AND (\(signs.joined(separator: " OR "))))
            """
    }

    /// Each once, in a fixed order.
    private static func each(_ texts: [String]) -> [String] { Set(texts.map(ExactText.init)).sorted().map(\.text) }
}
