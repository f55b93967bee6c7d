import Jira
import Jobs
import Postgres
import Synchronization

/// What jobs look for in one Jira, asked together: while a look is under way further ones gather, and the next takes all.
///
/// Each begins after it was asked for, and is sent with the leave of one of those who share it. One of these for each
/// connection, whose account decides what there is to see.
final class SharedLooks: Sendable {
    private typealias DoubtLook = Coalescer<Doubt, Result<Sighting?, any Error>>
    private typealias ExistingLook = Coalescer<ExistingTickets.Question, Result<ExistingTickets.Answer, any Error>>

    /// Every first ticket waits for such a search: that few are needed is worth a little of a burst's time.
    private static let spacing: Duration = .milliseconds(50)

    private let pool: PostgresPool
    private let frontier: ProjectFrontier
    private let pause: Duration
    private let adoptions = Adoptions()
    private let byLabel: DoubtLook
    /// By project: one that is slow or cannot be read is no other's trouble.
    private let byKey = Mutex<[ExactText: DoubtLook]>([:])
    private let existing = Mutex<[ExactText: ExistingLook]>([:])

    /// - Parameter pause: before the next look, where nobody could tell.
    init(pool: PostgresPool, frontier: ProjectFrontier, pause: Duration) {
        self.pool = pool
        self.frontier = frontier
        self.pause = pause
        byLabel = DoubtLook(maximum: LabelLook.maximumCount) { await LabelLook(doubts: $0).sightings() }
    }

    /// The issue of a create request whose outcome is unknown. Nil if Jira, knowing who asks, knows of no such issue *now*.
    func sighting(of doubt: Doubt) async throws -> Sighting? {
        if let sighting = try await abandonable({ [byLabel] in try await byLabel.submit(doubt).get() }) {
            return sighting
        }
        guard doubt.episode.lastIssueSeen != nil else { return nil }
        let scan = scan(of: doubt.episode.projectKey, Pace.of(doubt.asker.connection.deployment))
        return try await abandonable { try await scan.submit(doubt).get() }
    }

    /// The ticket that an episode has already, before anything is sent for it.
    ///
    /// - Parameter isAlone: whether its words were disliked before: they are not asked together with others' again.
    func existing(
        _ wanted: WantedTicket, in project: String, isAlone: Bool, _ asker: Asker
    ) async throws -> ExistingTickets.Answer {
        let question = ExistingTickets.Question(wanted: wanted, asker: asker)
        if isAlone {
            let look = ExistingTickets(project: project, questions: [question], pool: pool, adoptions: adoptions)
            return try await look.answers()[0].get()
        }
        let search = search(in: project)
        return try await abandonable { try await search.submit(question).get() }
    }

    private func scan(of project: String, _ pace: Pace) -> DoubtLook {
        byKey.withLock { looks in
            if let look = looks[ExactText(project)] { return look }
            let look = DoubtLook(maximum: 256) { [frontier, pause] doubts in
                let scan = KeyScan(project: project, doubts: doubts, frontier: frontier, pace: pace, pause: pause)
                return await scan.sightings()
            }
            looks[ExactText(project)] = look
            return look
        }
    }

    private func search(in project: String) -> ExistingLook {
        existing.withLock { looks in
            if let look = looks[ExactText(project)] { return look }
            let look = ExistingLook(maximum: ExistingTickets.maximumCount, spacing: Self.spacing) {
                [pool, adoptions] questions in
                await ExistingTickets(project: project, questions: questions, pool: pool, adoptions: adoptions)
                    .answers()
            }
            looks[ExactText(project)] = look
            return look
        }
    }
}
