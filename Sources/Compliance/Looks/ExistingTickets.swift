import Jira
import Postgres

/// The tickets that exist already of episodes for which nothing was sent yet, in one search for all of them: the episode's own,
/// if the database was restored from a backup; or one that somebody else made for the control.
struct ExistingTickets {
    /// Controls in one query.
    static let maximumCount = 40

    struct Question: Sendable {
        let wanted: WantedTicket
        let asker: Asker
    }

    struct Answer: Sendable {
        var sighting: Sighting?
        /// What was not looked at, and why: "nothing found" means the less.
        var gap: String?
    }

    let project: String
    let questions: [Question]
    let pool: PostgresPool
    let adoptions: Adoptions

    func answers() async -> [Result<Answer, any Error>] {
        do {
            return try await look().map { .success($0) }
        } catch is DislikedWords where questions.count > 1 {
            let middle = questions.count / 2
            return await part(questions.prefix(middle)).answers() + part(questions.dropFirst(middle)).answers()
        } catch {
            return questions.map { _ in .failure(error) }
        }
    }

    private func look() async throws -> [Answer] {
        guard let asker = questions.map(\.asker).spokesman else { return [] }
        let found = try await search(questions).found(asker)
        if found.isRefused, try await isForTheWordsOfSome(asker) {
            let middle = questions.count / 2
            return try await part(questions.prefix(middle)).look() + part(questions.dropFirst(middle)).look()
        }
        let sightings = found.issues.isEmpty ? [:] : try await sightings(among: found.issues, asker)
        return questions.enumerated().map { place, question in
            Answer(sighting: sightings[place], gap: question.wanted.isOwnOnly ? found.ownGap : found.gap)
        }
    }

    /// Whether the query is refused for the words of some of the controls, who then must not take the others' answer away. What
    /// Jira refuses of the first and of the last alone too, it refuses of all.
    private func isForTheWordsOfSome(_ asker: Asker) async throws -> Bool {
        guard questions.count > 1 else { return false }
        for question in [questions[0], questions[questions.count - 1]]
        where try await !search([question]).found(asker).isRefused { return true }
        return false
    }

    private func search(_ questions: [Question]) -> ExistingTicketsSearch {
        ExistingTicketsSearch(project: project, wanted: questions.map(\.wanted))
    }

    private func part(_ questions: ArraySlice<Question>) -> ExistingTickets {
        ExistingTickets(project: project, questions: Array(questions), pool: pool, adoptions: adoptions)
    }

    /// By place of the question. What the index tells is old news: each is read before it is believed.
    private func sightings(among found: [JiraIssue], _ asker: Asker) async throws -> [Int: Sighting] {
        let taken = try await takenAlready(found, asker.connection)
        let free = found.filter { !taken.contains(ExactText($0.id)) }.sorted(by: JiraIssue.isOlder)
        var candidates = questions.map { question in
            let some = free.filter { question.wanted.mayBe($0) }
            return (some.filter(question.wanted.isOwn) + some.filter { !question.wanted.isOwn($0) })[...]
        }
        var sightings: [Int: Sighting] = [:]
        while candidates.contains(where: { !$0.isEmpty }) {
            let next = Set(candidates.compactMap(\.first?.id))
            let read = try await asker.issues(next.sorted(), fields: JiraIssue.standardFields + ["description"])
            let fresh = Dictionary(read.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
            for (place, question) in questions.enumerated() {
                guard let candidate = candidates[place].popFirst(), let issue = fresh[candidate.id],
                    issue.projectKey == candidate.projectKey,
                    let sighting = question.wanted.sighting(issue, others: candidates[place], at: asker.connection),
                    adoptions.give(issue.id, to: question.wanted.fingerprint)
                else { continue }
                sightings[place] = sighting
                candidates[place] = []
            }
        }
        return sightings
    }

    /// An issue stands for one episode only, of whatever customer.
    private func takenAlready(_ issues: [JiraIssue], _ connection: JiraConnection) async throws -> Set<ExactText> {
        Set(try await pool.execute(FindTakenIssues(ids: issues.map(\.id), connection: connection)).map(ExactText.init))
    }
}

/// Which of the issues of a site stand in the ledger.
struct FindTakenIssues: Statement {
    static let sql = """
        SELECT issue_id FROM kushim_jira.tickets
        WHERE issue_id = ANY ($1) AND state IN ('creating', 'open', 'done')
          AND split_part(issue_url, '/browse/', 1) = split_part($2, '/browse/', 1)
        """
    let ids: [String]
    let connection: JiraConnection

    var parameters: [any PostgresEncodable] { [ids, connection.browseURL(issueKey: "X-1")] }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> String {
        try columns.next()
    }
}
