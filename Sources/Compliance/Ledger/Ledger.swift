import FoundationEssentials
import Jobs
import Postgres

/// The truth about which failure has which ticket; Jira is asked only to settle doubt.
///
/// Written per job; jobs that arrive while a statement is under way share the next one.
struct Ledger: Sendable {
    private let pool: PostgresPool
    private let installation: Installation
    private let finding: Coalescer<Intent, Result<FindEpisodes.Row?, any Error>>
    private let opening: Coalescer<OpenEpisodes.Opening, Result<Episode?, any Error>>
    private let marking: Coalescer<MarkSent.Mark, Result<Bool, any Error>>

    init(pool: PostgresPool) {
        self.pool = pool
        installation = Installation(pool: pool)
        finding = Coalescer { intents in
            await isolatingRefusals(intents) { intents, limit in
                let (_, rows) = try await pool.transaction(CommitDurably(limit: limit), FindEpisodes(intents: intents))
                let byPlace = Dictionary(rows.map { ($0.place, $0) }, uniquingKeysWith: { first, _ in first })
                return intents.indices.map { byPlace[Int64($0 + 1)] }
            }
        }
        opening = Coalescer { openings in
            await isolatingRefusals(openings) { openings, limit in
                let (_, rows) = try await pool.transaction(
                    CommitDurably(limit: limit), OpenEpisodes(openings: openings))
                let byJob = Dictionary(
                    rows.compactMap { $0 }.map { ($0.jobID, $0) }, uniquingKeysWith: { first, _ in first })
                return openings.map { byJob[$0.intent.job.id] }
            }
        }
        marking = Coalescer { marks in
            await isolatingRefusals(marks) { marks, limit in
                let (_, ids) = try await pool.transaction(CommitDurably(limit: limit), MarkSent(marks: marks))
                let marked = Set(ids)
                return marks.map { marked.contains($0.ticketID) }
            }
        }
    }

    /// Finds or opens the episode of a failure. When it returns `.own`, the intent is committed.
    func intend(_ intent: Intent) async throws -> Standing {
        var lastTaken: Int64?
        // Each round that is lost was won by somebody else, whose row the next round sees.
        while true {
            try Task.checkCancellation()
            guard let row = try await finding.submit(intent).get(), row.holdsLease else { return .leaseLost }
            if let closed = row.closed, let comment = closed.comment, comment.jobID == intent.job.id,
                comment.progress.isInDoubt
            {
                return .closed(closed)
            }
            if let passedAt = row.passedAt, row.episode.map({ $0.state == .creating && !$0.isInDoubt }) ?? true {
                return .passed(passedAt)
            }
            if let episode = row.episode {
                switch episode.state {
                case .creating where episode.jobID == intent.job.id:
                    return .own(episode, former: row.former)
                case .creating where row.isForsaken || row.isPutOff && lastTaken != episode.id:
                    lastTaken = episode.id
                    _ = try await pool.transaction(
                        CommitDurably(), TakeOverEpisode(job: intent.job, episode: episode, failedAt: row.failedAt))
                    continue
                case .creating:
                    return .creating(episode)
                case .open:
                    return .open(episode, failedAt: row.failedAt, sawReopening: row.sawReopening)
                case .done, .deleted, .left, .refused:
                    guard let issue = episode.issue else { return .leaseLost }
                    return .answered(FormerEpisode(ticketID: episode.id, issue: issue, state: episode.state))
                }
            }
            if intent.deduplicates, let closed = row.closed, closed.former.state == .done {
                if row.isAnsweredByFormer { return .answered(closed.former) }
                if closed.isWithinWindow || intent.endConfirmed != closed.former.ticketID { return .closed(closed) }
            }
            let number = row.lastEpisode + 1
            let fingerprint = Fingerprint(
                installation: try await installation.id(), customerID: intent.job.customerID,
                controlID: intent.controlID, resource: intent.resource, episode: Int(number))
            let opening = OpenEpisodes.Opening(
                intent: intent, episode: number, fingerprint: fingerprint, failedAt: row.failedAt)
            if let episode = try await self.opening.submit(opening).get() {
                return .own(episode, former: row.former)
            }
        }
    }

    /// To be called right before a create request: false if it must not be sent, since the job is no longer this worker's.
    func markSent(_ mark: MarkSent.Mark) async throws -> Bool {
        try await marking.submit(mark).get()
    }
}

/// What the database refuses for one input (a time zone it does not know, a row that another session has locked) must not be the
/// others' failure: then each by itself.
private func isolatingRefusals<Input: Sendable, Output: Sendable>(
    _ inputs: [Input], _ flush: ([Input], LockLimit) async throws -> [Output]
) async -> [Result<Output, any Error>] {
    do {
        return try await flush(inputs, .together).map { .success($0) }
    } catch let error as PostgresError where inputs.count > 1 && (error.isLockTimeout || !error.isRetryable) {
        var results: [Result<Output, any Error>] = []
        for input in inputs {
            do {
                results += try await flush([input], .alone).map { .success($0) }
            } catch {
                results.append(.failure(error))
            }
        }
        return results
    } catch {
        return inputs.map { _ in .failure(error) }
    }
}

/// Which installation this database is, read once.
private actor Installation {
    private let pool: PostgresPool
    private var known: UUID?

    init(pool: PostgresPool) {
        self.pool = pool
    }

    func id() async throws -> UUID {
        if let known { return known }
        guard let id = try await pool.execute(ReadInstallation()).first else {
            throw LedgerError.noInstallation
        }
        known = id
        return id
    }
}

private struct ReadInstallation: Statement {
    static let sql = "SELECT installation_id FROM kushim_jira.installation"

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> UUID {
        try columns.next()
    }
}

enum LedgerError: Error, CustomStringConvertible {
    case noInstallation

    var description: String {
        "kushim_jira.installation is empty: every fingerprint needs its id. Restore the row from a backup; a new id would"
            + " make kushim-jira blind to the issues it made before."
    }
}
