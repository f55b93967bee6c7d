import Jira
import Jobs
import Postgres
import Synchronization

/// Create requests for one project, sent together while others are under way; a lone one goes alone, and at once.
///
/// Only on Cloud: what a bulk create made is told apart by reading it again, which takes one request there, and one for each
/// issue on Data Center.
final class SharedCreates: Sendable {
    struct Creation: Sendable {
        let issue: CreateIssue
        let fingerprint: Fingerprint
        /// With the leave to send that followed the mark in the ledger.
        let asker: Asker
    }

    struct Made: Sendable {
        let issue: CreateIssue.Response
        /// Its mark was read: it is not another's.
        let isProven: Bool
    }

    typealias Outcome = Result<Made, any Error>

    /// At a time for each project: Jira makes the issues of a bulk create one after the other.
    private static let lanes = 4
    /// Fewer are not worth the second request that tells them apart.
    static let fewestInBulk = 5

    /// By project: what one cannot do is no other's trouble.
    private let batches = Mutex<[ExactText: Coalescer<Creation, Outcome>]>([:])

    func create(_ creation: Creation, in project: String) async throws -> Made {
        guard creation.asker.connection.deployment == .cloud else { return try await creation.send() }
        let batch = batches.withLock { batches in
            if let batch = batches[ExactText(project)] { return batch }
            let batch = Coalescer<Creation, Outcome>(
                maximum: BulkCreateIssues.maximumCount, lanes: Self.lanes
            ) { await BulkCreation(creations: $0).outcomes() }
            batches[ExactText(project)] = batch
            return batch
        }
        return try await abandonable { try await batch.submit(creation).get() }
    }
}

extension SharedCreates.Creation {
    func send() async throws -> SharedCreates.Made {
        SharedCreates.Made(issue: try await asker.jira.send(issue, asker.admission), isProven: false)
    }

    var outcome: SharedCreates.Outcome {
        get async {
            do {
                return .success(try await send())
            } catch {
                return .failure(error)
            }
        }
    }
}

/// Several issues made by one request, each with an outcome of its own.
private struct BulkCreation {
    let creations: [SharedCreates.Creation]

    func outcomes() async -> [SharedCreates.Outcome] {
        if creations.count < SharedCreates.fewestInBulk { return await eachAlone() }
        guard let asker = creations.map(\.asker).spokesman else { return [] }
        do {
            return await identified(try await send(asker), asker)
        } catch let error as JiraError where error.outcome == .notDone && error.isAboutContent {
            // One of them makes Jira refuse the request as a whole.
            return await eachAlone()
        } catch {
            return creations.map { _ in .failure(error) }
        }
    }

    private func eachAlone() async -> [SharedCreates.Outcome] {
        await withTaskGroup(of: (Int, SharedCreates.Outcome).self) { group in
            for (place, creation) in creations.enumerated() { group.addTask { (place, await creation.outcome) } }
            let outcomes = await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            return creations.indices.compactMap { outcomes[$0] }
        }
    }

    private func send(_ asker: Asker) async throws -> BulkCreateIssues.Response {
        let jira = asker.jira.leave(ofAll: creations.map(\.asker.jira))
        return try await jira.send(BulkCreateIssues(creations.map(\.issue)), asker.admission)
    }

    /// Which issue is whose is read from their marks, since Atlassian does not promise the order of the answer. A ticket must
    /// never be taken for another's; what cannot be told is in doubt, and looked for.
    private func identified(_ answers: BulkCreateIssues.Response, _ asker: Asker) async -> [SharedCreates.Outcome] {
        let made = answers.compactMap { try? $0.get() }
        let read = made.isEmpty ? [] : (try? await asker.issues(made.map(\.id), fields: ["labels"])) ?? []
        let owners = Dictionary(grouping: read) { Fingerprint.hex(in: $0.properties) }
        let issues = Dictionary(made.map { ($0.id, $0) }) { first, _ in first }
        return zip(creations, answers).map { creation, answer in
            if case .failure(let error) = answer { return .failure(error) }
            let own = owners[creation.fingerprint.hex] ?? []
            guard own.count == 1, let issue = issues[own[0].id] else { return .failure(JiraError.unidentified) }
            return .success(SharedCreates.Made(issue: issue, isProven: true))
        }
    }
}

extension JiraError {
    /// Refused for what was sent, not for who sent it or when.
    var isAboutContent: Bool {
        switch kind {
        case .invalid, .tooLarge: true
        default: false
        }
    }

    fileprivate static var unidentified: JiraError {
        JiraError(
            kind: .unreadableAnswer, messages: ["the new issues could not be read, to tell which is whose"],
            operation: BulkCreateIssues.operation, outcome: .unknown)
    }
}
