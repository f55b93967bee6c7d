import Foundation
import Postgres
import TestSupport
import Testing

@testable import Jobs

/// A database whose clock was set, shown by what it has left in the future.
@Suite("The clock of PostgreSQL")
struct ClockTests {
    /// A worker that died with all ready jobs in hand, two hours from now.
    private func ghost(in database: TestDatabase) async throws {
        _ = try await database.query(
            """
            WITH ghost AS (
                INSERT INTO kushim_jira.workers (worker_id, name, version, slots, kinds, lease, started_at, heartbeat_at)
                VALUES (gen_random_uuid(), 'ghost', 'test', 8, '{notification}', '900 ms', now() + interval '2 hours',
                        now() + interval '2 hours')
                RETURNING worker_id
            ), taken AS (
                DELETE FROM kushim_jira.ready RETURNING *
            )
            INSERT INTO kushim_jira.leases (job_id, worker_id, customer_id, kind, priority, attempt, losses, snoozes)
            SELECT job_id, worker_id, customer_id, kind, priority, attempt, losses, snoozes FROM taken, ghost
            """)
    }

    private func worker(
        _ database: TestDatabase, _ body: @escaping @Sendable (ClaimedJob, JobContext) async throws -> Outcome
    ) -> Worker {
        database.worker(.quick { $0.lease = .milliseconds(900) }, body)
    }

    @Test("A heartbeat in the future is no proof of life: its worker's jobs run again within a lease")
    func heartbeat() async throws {
        try await TestDatabase.with { database in
            try await database.enqueue(3)
            try await ghost(in: database)
            #expect(try await JobQueue(pool: database.pool).counts().workersAlive == 0)
            let worker = worker(database) { _, _ in .completed() }
            try await database.running(worker) { try await database.waitUntilAllFinished() }
            #expect(
                try await database.value("SELECT count(*) FROM kushim_jira.attempts WHERE outcome = 'lost'") == "3")
        }
    }

    @Test("A heartbeat in the future proves no death either, before there was time for the next")
    func living() async throws {
        try await TestDatabase.with { database in
            _ = try await database.query(
                """
                INSERT INTO kushim_jira.workers (worker_id, name, version, slots, kinds, lease, heartbeat_at)
                VALUES (gen_random_uuid(), 'living', 'test', 8, '{}', '30 s', now() + interval '2 hours')
                """)
            func buried(inTouch: Duration) async throws -> Int {
                try await database.pool.execute(BuryWorkers(workerID: UUID(), inTouch: inTouch, steady: inTouch)).count
            }
            #expect(try await buried(inTouch: .seconds(29)) == 0)
            #expect(try await buried(inTouch: .seconds(31)) == 1)
        }
    }

    @Test("A step of the clock is told from time that passes, however long the answer took")
    func steps() {
        let clock = DatabaseClock()
        #expect(clock.saw(1_000, from: .seconds(10), to: .seconds(11)) == nil)
        #expect(clock.steadyTime(at: .seconds(11)) == nil)
        #expect(clock.saw(1_005, from: .seconds(15), to: .seconds(16)) == nil)
        // A beat that hung for 20 seconds and was carried out at its beginning, and one at its end.
        #expect(clock.saw(1_010, from: .seconds(20), to: .seconds(40)) == nil)
        #expect(clock.saw(1_050, from: .seconds(41), to: .seconds(60)) == nil)
        #expect(clock.saw(1_055.9, from: .seconds(61), to: .seconds(66)) == nil)
        let back = clock.saw(1_060.0 - 7_200, from: .seconds(67), to: .seconds(67))
        #expect(back.map { $0 < -7_190 } == true)
        #expect(clock.steadyTime(at: .seconds(77)) == .seconds(10))
        #expect(clock.saw(1_065.0 - 7_200, from: .seconds(72), to: .seconds(72)) == nil)
        let forth = clock.saw(1_070, from: .seconds(77), to: .seconds(77))
        #expect(forth.map { $0 > 7_190 } == true)
    }

    @Test("After the clock was set forward nobody is dead before the others had time for a heartbeat")
    func forward() async throws {
        try await TestDatabase.with { database in
            _ = try await database.query(
                """
                INSERT INTO kushim_jira.workers (worker_id, name, version, slots, kinds, lease, heartbeat_at)
                VALUES (gen_random_uuid(), 'living', 'test', 8, '{}', '30 s', now() - interval '2 hours')
                """)
            func buried(steady: Duration?) async throws -> Int {
                try await database.pool.execute(
                    BuryWorkers(workerID: UUID(), inTouch: .seconds(60), steady: steady)
                ).count
            }
            #expect(try await buried(steady: .seconds(10)) == 0)
            #expect(try await buried(steady: .seconds(31)) == 1)
        }
    }

    @Test("A pause ends when it was meant to; the time that a producer asked for stays")
    func pauses() async throws {
        try await TestDatabase.with { database in
            let jobs = try await database.enqueue(2, runAt: "now() + interval '3 hours'")
            // As if both had been put here by a clock that was two hours ahead, the first for five seconds.
            _ = try await database.query(
                """
                UPDATE kushim_jira.scheduled SET placed_at = now() + interval '2 hours';
                UPDATE kushim_jira.scheduled SET run_at = now() + interval '2 hours', reason = 'not now' WHERE job_id = \(jobs[0])
                """)
            try await database.running(worker(database) { _, _ in .completed() }) {
                try await database.wait(
                    for: "SELECT state FROM kushim_jira.job_status WHERE id = \(jobs[0])", toBe: "completed")
            }
            #expect(
                try await database.query(
                    "SELECT job_id, run_at > now() + interval '2 hours' FROM kushim_jira.scheduled")
                    == [["\(jobs[1])", "t"]])
        }
    }

    @Test("A gate is shut for as long as it was meant to be, whoever set it last")
    func gates() async throws {
        try await TestDatabase.with { database in
            _ = try await database.query(
                """
                INSERT INTO kushim_jira.gates (scope, customer_id, cause, reason, closed_at, set_at, closed_until)
                VALUES ('site', 'acme', 'unavailable', 'away', now() - interval '1 day', now() + interval '2 hours',
                        now() + interval '2 hours 5 minutes')
                """)
            let minutes = "SELECT round(extract(epoch FROM closed_until - now()) / 60)::integer FROM kushim_jira.gates"
            _ = try await database.pool.execute(MendTimes(always: false))
            #expect(try await database.value(minutes) == "5")
            _ = try await database.pool.execute(MendTimes(always: true))
            #expect(try await database.value(minutes) == "5")
            // Each setting of the time notes when it was.
            _ = try await database.query(
                "UPDATE kushim_jira.gates SET set_at = now() - interval '1 day'; UPDATE kushim_jira.gates SET closed_until = now()"
            )
            #expect(
                try await database.value("SELECT set_at >= now() - interval '1 minute' FROM kushim_jira.gates") == "t")
        }
    }

    @Test("What was sent cannot have been sent in the future: from now on its time is reckoned")
    func sent() async throws {
        try await TestDatabase.with { database in
            _ = try await database.query(
                """
                INSERT INTO kushim_jira.tickets (customer_id, control_id, episode, fingerprint, severity, control_title, project_key,
                    job_id, failed_at, due_at, last_failed_at, sends, first_sent_at, last_sent_at, in_doubt, status_seen_at)
                VALUES ('acme', 'C-1', 1, repeat('a', 64), 'high', 't', 'P', 1, now(), now() + interval '7 days', now(), 1,
                    now() + interval '2 hours', now() + interval '2 hours', true, now() + interval '2 hours')
                """)
            #expect(try await database.pool.execute(MendTimes(always: true)) == [1])
            #expect(
                try await database.query(
                    """
                    SELECT last_sent_at <= clock_timestamp(), first_sent_at <= clock_timestamp(),
                           status_seen_at <= clock_timestamp(), due_at > now() + interval '6 days'
                    FROM kushim_jira.tickets
                    """) == [["t", "t", "t", "t"]])
            #expect(try await database.pool.execute(MendTimes(always: true)) == [0])
        }
    }

    @Test("Producers are not kept from notifying, nor made to, by a time that lies far in the future")
    func notifications() async throws {
        try await TestDatabase.with { database in
            _ = try await database.query(
                """
                SELECT setval('kushim_jira.quiet_until', (1000 * extract(epoch FROM now() + interval '2 hours'))::bigint),
                       setval('kushim_jira.asleep_until', extract(epoch FROM now() + interval '2 years')::bigint)
                """)
            _ = try await database.pool.execute(AnnounceSleep(duration: .seconds(30)))
            #expect(try await database.value("SELECT last_value FROM kushim_jira.quiet_until") == "0")
            #expect(
                try await database.value(
                    """
                    SELECT last_value BETWEEN extract(epoch FROM now()) AND extract(epoch FROM now()) + 60
                    FROM kushim_jira.asleep_until
                    """) == "t")
        }
    }

    /// Those that no decision waits for, or that people and producers chose.
    private static let leftAlone: Set<String> = [
        "alerts.raised_at", "attempts.ended_at", "attempts.started_at", "audit_log.recorded_at", "comments.created_at",
        "comments.posted_at", "connections.changed_at", "connections.created_at", "dead_jobs.finished_at",
        "gates.closed_at", "installation.installed_at", "jobs.created_at", "jobs.run_at", "leases.claimed_at",
        "messages.settled_at", "migrations.applied_at", "passes.passed_at", "tickets.issue_created_at",
        "tickets.created_at", "tickets.due_at", "tickets.failed_at",
        "tickets.last_failed_at", "tickets.opened_at", "tickets.passed_at", "tickets.resolved_at", "workers.started_at",
        // By the rescue.
        "workers.heartbeat_at",
    ]

    @Test("Every time in the schema is brought back, or is known to need it not")
    func allTimes() async throws {
        try await TestDatabase.with { database in
            let source = try #require(
                try await database.value("SELECT prosrc FROM pg_proc WHERE oid = 'kushim_jira.mend_times'::regproc"))
            let columns = try await database.query(
                """
                SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
                WHERE c.relnamespace = 'kushim_jira'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
                  AND a.atttypid IN ('timestamptz'::regtype, 'timestamp'::regtype) AND NOT a.attisdropped
                """)
            for column in columns {
                let (table, name) = (column[0] ?? "", column[1] ?? "")
                let isMended =
                    source.contains("UPDATE kushim_jira.\(table)\n") && source.contains(name)
                    || source.contains("UPDATE kushim_jira.\(table) SET \(name)")
                    || source.contains("UPDATE kushim_jira.\(table) SET") && source.contains("\(name) = ")
                #expect(
                    isMended || Self.leftAlone.contains("\(table).\(name)"),
                    "\(table).\(name): bring it back in mend_times, or say here why a clock that is set back does no harm to it"
                )
            }
        }
    }
}
