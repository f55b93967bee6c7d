import Foundation
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import Jobs

@Suite("Lost workers")
struct LossTests {
    /// A worker that died with all ready jobs in hand: its lease is a second, its last sign of life long ago.
    private func ghost(in database: TestDatabase, lease: String = "1 second", losses: Int = 0) async throws {
        _ = try await database.query(
            """
            WITH ghost AS (
                INSERT INTO kushim_jira.workers (worker_id, name, version, slots, kinds, lease, heartbeat_at)
                VALUES (gen_random_uuid(), 'ghost', 'test', 8, '{notification}', '\(lease)', now() - 2 * interval '\(lease)')
                RETURNING worker_id
            ), taken AS (
                DELETE FROM kushim_jira.ready RETURNING *
            )
            INSERT INTO kushim_jira.leases (job_id, worker_id, customer_id, kind, priority, attempt, losses, snoozes)
            SELECT job_id, worker_id, customer_id, kind, priority, attempt, \(losses), snoozes FROM taken, ghost
            """)
    }

    private func configuration(adjust: (inout WorkerConfiguration) -> Void = { _ in }) -> WorkerConfiguration {
        .quick {
            $0.lease = .milliseconds(900)
            adjust(&$0)
        }
    }

    @Test("A killed worker's jobs run again, with the loss recorded and no attempt charged")
    func rescue() async throws {
        try await TestDatabase.with { database in
            _ = try await database.query(Note.table)
            try await database.enqueue(3)
            try await ghost(in: database)
            let seen = Notes<ClaimedJob>()
            let worker = database.worker(
                configuration {
                    $0.effects = { event in
                        if case .claimedAgain(let job, let worker) = event {
                            [Note(text: "\(worker) lost it, \(job.losses)")]
                        } else {
                            []
                        }
                    }
                }
            ) { job, _ in
                seen.add(job)
                return .completed()
            }
            try await database.running(worker) { try await database.waitUntilAllFinished() }
            #expect(seen.all.map(\.attempt) == [1, 1, 1])
            #expect(seen.all.map(\.losses) == [1, 1, 1])
            #expect(try await database.query("SELECT DISTINCT text FROM public.notes") == [["ghost lost it, 1"]])
            #expect(
                try await database.value("SELECT state FROM kushim_jira.workers WHERE name = 'ghost'") == "dead")
            #expect(
                try await database.value("SELECT count(*) FROM kushim_jira.attempts WHERE outcome = 'lost'") == "3")
        }
    }

    @Test("A job that loses its third worker goes to quarantine")
    func quarantine() async throws {
        try await TestDatabase.with { database in
            try await database.enqueue()
            try await ghost(in: database, losses: 2)
            let worker = database.worker(configuration()) { _, _ in .completed() }
            try await database.running(worker) { try await database.waitUntilAllFinished("discarded") }
            let reason = try await database.value("SELECT reason FROM kushim_jira.dead_letters")
            #expect(reason?.contains("its worker died three times") == true)
            #expect(try await database.value("SELECT losses FROM kushim_jira.dead_letters") == "3")
        }
    }

    @Test("One job whose record is refused does not keep the others from being rescued")
    func refusedRecord() async throws {
        try await TestDatabase.with { database in
            _ = try await database.query(Note.table)
            let ids = try await database.enqueue(3)
            try await ghost(in: database)
            let worker = database.worker(
                configuration {
                    $0.effects = { [Note(text: $0.job.id == ids[1] ? "poison" : "lost")] }
                }
            ) { _, _ in .completed() }
            try await database.running(worker) {
                try await database.wait(for: "SELECT count(*) FROM kushim_jira.finished", toBe: "2")
            }
            #expect(try await database.query("SELECT job_id FROM kushim_jira.leases") == [["\(ids[1])"]])
        }
    }

    @Test("Nor does one whose record waits for a lock")
    func lockedRecord() async throws {
        try await TestDatabase.with { database in
            _ = try await database.query(
                "CREATE TABLE public.notes (job_id bigint PRIMARY KEY, text text, batch integer)")
            let ids = try await database.enqueue(3)
            try await ghost(in: database)
            let worker = database.worker(configuration { $0.effects = { _ in [Note(text: "lost")] } }) { _, _ in
                .completed()
            }
            try await database.withStranger { stranger in
                try await stranger.execute(sql: "BEGIN; INSERT INTO public.notes (job_id) VALUES (\(ids[1]))")
                try await database.running(worker) {
                    try await database.wait(for: "SELECT count(*) FROM kushim_jira.finished", toBe: "2")
                    try await stranger.execute(sql: "ROLLBACK")
                    try await database.waitUntilAllFinished()
                }
            }
            #expect(try await database.value("SELECT count(*) FROM public.notes") == "3")
        }
    }

    @Test(
        "Nobody is declared dead before there was time for a sign of life: after a start, or a restart of the database")
    func grace() async throws {
        try await TestDatabase.with { database in
            try await database.enqueue()
            try await ghost(in: database)
            // Silent for longer than its lease, but the server has not been up for that long.
            try await ghost(in: database, lease: "40 years")
            let fresh = database.worker(.quick { $0.lease = .seconds(3600) }) { _, _ in .completed() }
            try await database.running(fresh) {
                for count in 1...5 {
                    try await database.enqueue(runAt: "clock_timestamp() + interval '150 ms'")
                    try await database.wait(for: "SELECT count(*) FROM kushim_jira.finished", toBe: "\(count)")
                }
            }
            #expect(try await database.value("SELECT count(*) FROM kushim_jira.workers WHERE state = 'dead'") == "0")
            let worker = database.worker(configuration()) { _, _ in .completed() }
            try await database.running(worker) { try await database.waitUntilAllFinished() }
            #expect(
                try await database.query("SELECT lease FROM kushim_jira.workers WHERE state = 'dead'") == [["00:00:01"]]
            )
        }
    }

    @Test("A worker that comes back too late changes nothing")
    func zombie() async throws {
        try await TestDatabase.with { database in
            _ = try await database.query(Note.table)
            let gate = Gate()
            let begun = Notes<Int64>()
            let zombie = database.worker(.quick("zombie")) { job, _ in
                begun.add(job.id)
                try await gate.pass()
                return .completed([Note(text: "zombie")])
            }
            let other = database.worker(.quick("other")) { _, _ in .completed([Note(text: "other")]) }
            let id = try await database.enqueue()[0]
            try await database.running(zombie) {
                try await eventually("the job is in hand") { begun.count == 1 }
                // Another took it over; the zombie, suspended, has not noticed.
                _ = try await database.query(
                    """
                    WITH gone AS (DELETE FROM kushim_jira.leases RETURNING *)
                    INSERT INTO kushim_jira.ready (job_id, customer_id, kind, priority, losses)
                    SELECT job_id, customer_id, 'recheck', priority, 1 FROM gone
                    """)
                _ = try await database.query("UPDATE kushim_jira.workers SET state = 'dead'")
                _ = try await database.query("UPDATE kushim_jira.ready SET kind = 'notification'")
                try await database.running(other) {
                    try await database.wait(for: "SELECT count(*) FROM kushim_jira.finished", toBe: "1")
                }
                gate.open()
            }
            #expect(try await database.query("SELECT text FROM public.notes") == [["other"]])
            #expect(
                try await database.query("SELECT outcome, worker FROM kushim_jira.job_history WHERE job_id = \(id)")
                    == [["completed", "other"]])
        }
    }

    @Test("A worker that was taken for dead drops what it has, takes a new id and goes on")
    func takenOver() async throws {
        try await TestDatabase.with { database in
            let seen = Notes<ClaimedJob>()
            let worker = database.worker(configuration()) { job, context in
                seen.add(job)
                if seen.count == 1 { try await Task.sleep(for: .seconds(600)) }
                try context.checkLease()
                return .completed()
            }
            try await database.enqueue()
            try await database.running(worker) {
                try await eventually("the job is in hand") { seen.count == 1 }
                _ = try await database.query("UPDATE kushim_jira.workers SET state = 'dead'")
                try await database.waitUntilAllFinished()
            }
            #expect(seen.all.map(\.attempt) == [1, 1])
            #expect(try await database.value("SELECT count(*) FROM kushim_jira.workers") == "2")
        }
    }

    @Test("A claim whose answer got lost is put back")
    func unheardClaim() async throws {
        try await TestDatabase.with { database in
            let worker = database.worker(configuration()) { _, _ in .completed() }
            try await database.running(worker) {
                try await database.wait(for: "SELECT count(*) FROM kushim_jira.workers", toBe: "1")
                _ = try await database.query(
                    """
                    ALTER TABLE kushim_jira.jobs DISABLE TRIGGER admit_jobs;
                    INSERT INTO kushim_jira.jobs (kind, payload) VALUES ('notification', '{}');
                    INSERT INTO kushim_jira.leases (job_id, worker_id, customer_id, kind, priority, attempt, losses, snoozes)
                    SELECT id, worker_id, customer_id, kind, priority, 0, 0, 0 FROM kushim_jira.jobs, kushim_jira.workers
                    """)
                try await database.waitUntilAllFinished()
            }
        }
    }

    @Test("By its own clock a worker trusts its lease for two thirds of it, from when the last heartbeat was sent")
    func tenure() {
        let now = Mutex(Duration.seconds(100))
        let clock = WorkerClock(now: { now.withLock { $0 } }, sleep: { _ in })
        let tenure = Tenure(workerID: UUID(), lease: .seconds(30), beganAt: .seconds(100), clock: clock)
        now.withLock { $0 = .seconds(119) }
        #expect(tenure.stillHolds())
        now.withLock { $0 = .seconds(120) }
        #expect(!tenure.stillHolds() && !tenure.isSurelyLost())
        tenure.renew(sentAt: .seconds(105))
        #expect(tenure.stillHolds())
        now.withLock { $0 = .seconds(135) }
        #expect(tenure.isSurelyLost())
        tenure.renew(sentAt: .seconds(134))
        #expect(tenure.stillHolds())
        tenure.end()
        #expect(!tenure.stillHolds() && tenure.isSurelyLost())
    }
}
