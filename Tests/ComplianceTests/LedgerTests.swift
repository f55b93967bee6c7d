import Foundation
import Jobs
import Postgres
import TestSupport
import Testing

@testable import Compliance

private struct Unexpected: Error {
    let standing: Standing
}

@Suite("The ledger")
struct LedgerTests {
    private func intent(_ job: ClaimedJob, _ change: (inout Intent) -> Void = { _ in }) throws -> Intent {
        let failure = try ComplianceFailure(payload: job.payload)
        var intent = Intent(
            job: job, controlID: failure.controlID, controlTitle: failure.controlTitle,
            resource: failure.resource ?? "",
            severity: failure.severity, project: "COMP", detectedAt: failure.detectedAt, due: .days(7),
            countsBusinessDays: false, timeZone: "UTC", deduplicates: true, window: .hours(0))
        change(&intent)
        return intent
    }

    private func own(_ standing: Standing) throws -> Episode {
        guard case .own(let episode, _) = standing else {
            throw Unexpected(standing: standing)
        }
        return episode
    }

    private let issue = IssueReference(id: "10001", key: "COMP-1", url: "https://acme.atlassian.net/browse/COMP-1")

    @Test("A new failure opens an episode, and finds it again")
    func opens() async throws {
        try await TestDatabase.with { database in
            let ledger = Ledger(pool: database.pool)
            let job = try await database.leasedFailure()
            let episode = try own(await ledger.intend(intent(job)))
            #expect(episode.number == 1 && episode.sends == 0 && !episode.isInDoubt && episode.state == .creating)
            #expect(episode.dueAt.timeIntervalSince(episode.failedAt) == 7 * 86_400)
            #expect(episode.dueDate.count == 10)
            let again = try own(await ledger.intend(intent(job)))
            #expect(again.id == episode.id && again.fingerprint == episode.fingerprint)
        }
    }

    @Test("Of fifty failures of one control at once, one opens the episode")
    func race() async throws {
        try await TestDatabase.with(poolSize: 20) { database in
            var jobs: [ClaimedJob] = []
            for _ in 0..<50 { jobs.append(try await database.leasedFailure()) }
            // A ledger each: as many processes.
            let ledgers = (0..<10).map { _ in Ledger(pool: database.pool) }
            let owners = try await withThrowingTaskGroup(of: Bool.self) { group in
                for (index, job) in jobs.enumerated() {
                    let intent = try intent(job)
                    group.addTask {
                        switch try await ledgers[index % 10].intend(intent) {
                        case .own: true
                        case .creating: false
                        case let other: throw Unexpected(standing: other)
                        }
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(owners == 1)
            #expect(try await database.value("SELECT count(*) FROM kushim_jira.tickets") == "1")
        }
    }

    @Test("A worker that lost its lease writes nothing")
    func zombie() async throws {
        try await TestDatabase.with { database in
            let ledger = Ledger(pool: database.pool)
            let zombie = try await database.leasedFailure()
            let heir = try await database.lease(zombie.id)
            guard case .leaseLost = try await ledger.intend(intent(zombie)) else {
                Issue.record("the zombie was let in")
                return
            }
            let episode = try own(await ledger.intend(intent(heir)))
            func mark(_ job: ClaimedJob, sends: Int) async throws -> Bool {
                try await ledger.markSent(
                    MarkSent.Mark(job: job, ticketID: episode.id, sends: sends, project: "COMP", lastIssueSeen: 7))
            }
            #expect(try await mark(zombie, sends: 0) == false)
            #expect(try await mark(heir, sends: 0))
            #expect(try await mark(heir, sends: 0) == false, "of two with the same count, one goes on")
            let doubtful = try own(await ledger.intend(intent(heir)))
            #expect(doubtful.isInDoubt && doubtful.sends == 1 && doubtful.lastIssueSeen == 7)
            #expect(try #require(doubtful.sinceLastSend) >= .zero)
        }
    }

    @Test("What surely had no effect is no doubt")
    func refusedSend() async throws {
        try await TestDatabase.with { database in
            let ledger = Ledger(pool: database.pool)
            let job = try await database.leasedFailure()
            let episode = try own(await ledger.intend(intent(job)))
            _ = try await ledger.markSent(
                MarkSent.Mark(job: job, ticketID: episode.id, sends: 0, project: "COMP", lastIssueSeen: nil))
            try await database.settle(job, [SendRefused(ticketID: episode.id, sends: 1)])
            #expect(try await database.value("SELECT in_doubt FROM kushim_jira.tickets") == "f")
        }
    }

    @Test("As long as an older request is in doubt, the look begins where its issue could stand")
    func lastIssueSeen() async throws {
        try await TestDatabase.with { database in
            let ledger = Ledger(pool: database.pool)
            let job = try await database.leasedFailure()
            let episode = try own(await ledger.intend(intent(job)))
            func send(_ sends: Int, project: String = "COMP", lastSeen: Int64?) async throws -> Int64? {
                let mark = MarkSent.Mark(
                    job: job, ticketID: episode.id, sends: sends, project: project, lastIssueSeen: lastSeen)
                #expect(try await ledger.markSent(mark))
                return try own(await ledger.intend(intent(job))).lastIssueSeen
            }
            #expect(try await send(0, lastSeen: 7) == 7)
            #expect(try await send(1, lastSeen: 9) == 7)
            #expect(try await send(2, lastSeen: nil) == 7)
            #expect(try await send(3, project: "SEC", lastSeen: 30) == 30, "the numbers of another project")
            _ = try await database.pool.execute(ClearDoubts(refused: [SendRefused(ticketID: episode.id, sends: 4)]))
            #expect(try await send(4, project: "SEC", lastSeen: 40) == 40)
        }
    }

    @Test("The next failure meets the open ticket, and the one after its end opens another")
    func episodes() async throws {
        try await TestDatabase.with { database in
            let ledger = Ledger(pool: database.pool)
            let first = try await database.leasedFailure()
            let episode = try own(await ledger.intend(intent(first)))
            let second = try await database.leasedFailure()
            guard case .creating(let seen) = try await ledger.intend(intent(second)) else {
                Issue.record("another job is at it")
                return
            }
            #expect(seen.jobID == first.id)
            try await database.settle(first, [TicketOpened(ticketID: episode.id, issue: issue)])
            guard case .open(let open, let failedAt, _) = try await ledger.intend(intent(second)) else {
                Issue.record("the ticket is open")
                return
            }
            #expect(open.issue == issue)
            let done = TicketEnded(ticketID: open.id, how: .done, at: nil, actor: "test", detail: [:])
            try await database.settle(
                second, [FailureCounted(ticketID: open.id, failedAt: failedAt, sawStatus: true), done])
            #expect(
                try await database.query("SELECT state, failure_count FROM kushim_jira.tickets") == [["done", "2"]])

            let third = try await database.leasedFailure()
            guard case .closed(let closed) = try await ledger.intend(intent(third)) else {
                Issue.record("Jira is to be asked whether it is still done")
                return
            }
            #expect(closed.former.issue == issue && !closed.isWithinWindow && closed.comment == nil)
            let confirmed = try intent(third) { $0.endConfirmed = closed.former.ticketID }
            guard case .own(let next, let former) = try await ledger.intend(confirmed) else {
                Issue.record("a new episode")
                return
            }
            #expect(next.number == 2 && next.fingerprint != episode.fingerprint && former?.issue == issue)
            #expect(try await database.audit() == ["ticket.resolved", "sla.met"])
        }
    }

    @Test("A failure detected before its ticket was closed opens nothing")
    func detectedBeforeClose() async throws {
        try await TestDatabase.with { database in
            let ledger = Ledger(pool: database.pool)
            let first = try await database.leasedFailure()
            let episode = try own(await ledger.intend(intent(first)))
            try await database.settle(first, [TicketOpened(ticketID: episode.id, issue: issue)])
            let late = try await database.leasedFailure()
            // Closed a while after it was detected: of what comes within seconds nothing is called older.
            _ = try await database.query(
                "ALTER TABLE kushim_jira.jobs DISABLE TRIGGER USER; UPDATE kushim_jira.jobs SET created_at = created_at - interval '1 minute'"
            )
            _ = try await database.pool.execute(
                EndTickets(ended: [
                    (
                        job: late.id,
                        ticket: TicketEnded(ticketID: episode.id, how: .done, at: nil, actor: "test", detail: [:])
                    )
                ]))
            guard case .answered(let former) = try await ledger.intend(intent(late)) else {
                Issue.record("it was answered by the former ticket")
                return
            }
            #expect(former.issue == issue)
        }
    }

    @Test("An episode whose job was given up in doubt is taken over; one without doubt ends")
    func forsaken() async throws {
        try await TestDatabase.with { database in
            let ledger = Ledger(pool: database.pool)
            let job = try await database.leasedFailure()
            let episode = try own(await ledger.intend(intent(job)))
            _ = try await ledger.markSent(
                MarkSent.Mark(job: job, ticketID: episode.id, sends: 0, project: "COMP", lastIssueSeen: nil))
            let effects = complianceEffects(actor: "test")
            try await database.settle(job, as: "discarded", effects(.discarded(job, reason: "gave up")))
            #expect(try await database.pool.execute(Invariants.ForsakenEpisodes()).count == 1)

            let next = try await database.leasedFailure()
            let taken = try own(await ledger.intend(intent(next)))
            #expect(taken.id == episode.id && taken.isInDoubt && taken.jobID == next.id)
            #expect(try await database.pool.execute(Invariants.ForsakenEpisodes()).isEmpty)

            let other = try await database.leasedFailure("CC7.2")
            _ = try own(await ledger.intend(intent(other)))
            try await database.settle(other, as: "discarded", effects(.discarded(other, reason: "gave up")))
            #expect(
                try await database.value("SELECT state FROM kushim_jira.tickets WHERE job_id = \(other.id)")
                    == "refused")
            #expect(try await database.audit("action, control_id") == ["job.discarded CC6.1", "job.discarded CC7.2"])
        }
    }

    @Test("Without de-duplication each failure has a ticket of its own")
    func withoutDeduplication() async throws {
        try await TestDatabase.with { database in
            let ledger = Ledger(pool: database.pool)
            var numbers: Set<Int> = []
            for _ in 0..<3 {
                let job = try await database.leasedFailure()
                let episode = try own(await ledger.intend(intent(job) { $0.deduplicates = false }))
                numbers.insert(episode.number)
            }
            #expect(numbers == [1, 2, 3])
        }
    }

    @Test("What the database refuses for one failure is not the others' failure")
    func isolation() async throws {
        try await TestDatabase.with { database in
            let ledger = Ledger(pool: database.pool)
            var intents: [Intent] = []
            for number in 0..<8 {
                let job = try await database.leasedFailure("CC\(number)")
                intents.append(try intent(job) { $0.timeZone = number == 3 ? "Mars/Olympus" : "Europe/Berlin" })
            }
            let failures = await withTaskGroup(of: Bool.self) { group in
                for intent in intents {
                    group.addTask { (try? await ledger.intend(intent)) == nil }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(failures == 1)
            #expect(try await database.value("SELECT count(*) FROM kushim_jira.tickets") == "7")
        }
    }

    @Test("The time begins when the failure was detected: at most a week back, and never in the future")
    func beginning() async throws {
        try await TestDatabase.with { database in
            let ledger = Ledger(pool: database.pool)
            for (control, offset, expected) in [
                ("A", -3_600.0, -3_600.0), ("B", -30 * 86_400, -7 * 86_400), ("C", 9_000, 0),
            ] {
                let job = try await database.leasedFailure(control)
                let episode = try own(
                    await ledger.intend(intent(job) { $0.detectedAt = job.createdAt.addingTimeInterval(offset) }))
                #expect(abs(episode.failedAt.timeIntervalSince(job.createdAt) - expected) < 0.01)
            }
        }
    }
}
