import Foundation
import Postgres
import TestSupport
import Testing

@testable import Jobs

/// Rows that no insert admits any more, or that were left by a hand in the tables or half a restore: each costs only itself.
@Suite("A row that cannot be read")
struct UnreadableJobTests {
    /// A gigabyte as text, two kilobytes in the table.
    private static let huge =
        "jsonb_build_object('n', (SELECT jsonb_agg('1e131071'::jsonb) FROM generate_series(1, 8500)))"
    /// Text that an older version admitted, since it is compressed.
    private static let long = "jsonb_build_object('n', repeat('x', 80000000))"
    /// Few bytes, not compressed.
    private static let small =
        "jsonb_build_object('n', (SELECT jsonb_agg('1e131071'::jsonb) FROM generate_series(1, 20)))"
    private static let deep = "jsonb_build_object('n', (repeat('[', 2000) || repeat(']', 2000))::jsonb)"

    /// Behind the back of the triggers.
    private func place(_ payload: String, in database: TestDatabase, customer: String = "acme") async throws -> Int64 {
        let rows = try await database.query(
            """
            SET session_replication_role = replica;
            INSERT INTO kushim_jira.jobs (kind, customer_id, payload) SELECT 'notification', '\(customer)', \(payload);
            INSERT INTO kushim_jira.ready (job_id, customer_id, kind, priority)
            SELECT id, customer_id, kind, priority FROM kushim_jira.jobs ORDER BY id DESC LIMIT 1;
            RESET session_replication_role;
            SELECT max(id) FROM kushim_jira.jobs
            """)
        return Int64(rows[0][0] ?? "") ?? 0
    }

    private func noting(adjust: (inout WorkerConfiguration) -> Void = { _ in }) -> WorkerConfiguration {
        .quick {
            $0.effects = { event in
                if case .discarded(let job, let reason) = event { [Note(text: "\(job.id) \(reason)")] } else { [] }
            }
            adjust(&$0)
        }
    }

    /// The others run once each, at their first attempt, and `bad` ends with a record.
    private func expectOthersRun(
        _ bad: [Int64], _ state: String?, saying words: String, in database: TestDatabase,
        adjust: (inout WorkerConfiguration) -> Void = { _ in }
    ) async throws {
        let others = try await database.query("SELECT id FROM kushim_jira.jobs ORDER BY id").compactMap { row in
            row[0].flatMap { Int64($0) }
        }.filter { !bad.contains($0) }
        let seen = Notes<ClaimedJob>()
        let worker = database.worker(noting(adjust: adjust)) { job, _ in
            seen.add(job)
            return .completed()
        }
        try await database.running(worker) {
            try await database.wait(for: "SELECT count(*) FROM public.notes", toBe: String(bad.count))
            try await database.wait(
                for: """
                    SELECT count(*) FROM (SELECT FROM kushim_jira.ready UNION ALL SELECT FROM kushim_jira.leases) AS p
                    """, toBe: "0")
        }
        #expect(seen.all.map(\.id).sorted() == others)
        #expect(seen.all.allSatisfy { $0.attempt == 1 && $0.losses == 0 })
        let notes = try await database.query("SELECT job_id, text FROM public.notes ORDER BY job_id")
        #expect(notes.map { $0[0] } == bad.sorted().map(String.init))
        for note in notes { #expect(note[1]?.contains(words) == true, "\(note)") }
        for id in bad {
            #expect(
                try await database.value("SELECT state FROM kushim_jira.dead_jobs WHERE job_id = \(id)") == state)
        }
    }

    @Test("A payload that cannot be written out is a dead letter, and no other job waits for it")
    func tooLarge() async throws {
        try await TestDatabase.with { database in
            _ = try await database.query(Note.table)
            try await database.enqueue(3)
            var bad: [Int64] = []
            for payload in [Self.huge, Self.long, Self.small, Self.deep] {
                bad.append(try await place(payload, in: database))
            }
            try await database.enqueue(3)
            try await expectOthersRun(bad, "discarded", saying: "2 MiB", in: database)
        }
    }

    /// A lock, a right that was taken away, a column that has another name for a moment, a time limit.
    @Test(
        "What hinders the reading of the table is no flaw of its rows: none is given up, and all run when it is over",
        arguments: [
            ("LOCK TABLE kushim_jira.jobs", "COMMIT"),
            ("ALTER TABLE kushim_jira.jobs RENAME COLUMN payload TO other; COMMIT; BEGIN", """
                ALTER TABLE kushim_jira.jobs RENAME COLUMN other TO payload; COMMIT
                """),
            ("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET statement_timeout = 1', current_database()); END $$; LOCK TABLE kushim_jira.jobs",
             "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET statement_timeout', current_database()); END $$; COMMIT"),
        ])
    func hinderedTable(hinders: String, allows: String) async throws {
        try await TestDatabase.with { database in
            _ = try await database.query(Note.table)
            let ids = try await database.enqueue(6)
            var impatient = database.configuration
            impatient.lockTimeout = .milliseconds(100)
            let pool = PostgresPool(impatient, size: 4, acquisitionLimit: .seconds(20), logger: .quiet)
            let worker = Worker(
                pool: pool, postgres: impatient, handlers: [Toy { _, _ in .completed() }], configuration: noting(),
                logger: .quiet)
            try await database.withStranger { stranger in
                try await stranger.execute(sql: "BEGIN; \(hinders)")
                try await database.running(worker) {
                    try await eventually("claims have failed again and again") {
                        worker.health.contains { $0.name == "claiming" && $0.problem != nil }
                    }
                    try await stranger.execute(sql: allows)
                    try await database.wait(
                        for: "SELECT count(*) FROM kushim_jira.finished WHERE state = 'completed' AND attempt = 1",
                        toBe: String(ids.count))
                }
            }
            await pool.close()
            #expect(try await database.value("SELECT count(*) FROM public.notes") == "0")
        }
    }

    @Test("What an older version admitted below the limit still runs")
    func large() async throws {
        try await TestDatabase.with { database in
            _ = try await database.query(Note.table)
            _ = try await place("jsonb_build_object('n', repeat('x', 1500000))", in: database)
            try await expectOthersRun([], nil, saying: "", in: database)
        }
    }

    @Test("Every command about jobs shows such a row, and says why it lacks the payload")
    func commands() async throws {
        try await TestDatabase.with { database in
            let queue = JobQueue(pool: database.pool)
            let id = try await place(Self.huge, in: database)
            let story = try #require(try await queue.show(id))
            #expect(story.payload == .unreadable(PayloadText.tooLarge))
            #expect(try await queue.list().map(\.id) == [id])
            #expect(try await queue.list(JobFilter(control: "CC1")).isEmpty)
            #expect(try await queue.counts().kinds.contains { $0.ready == 1 })
            #expect(try await queue.violations(limit: 9).isEmpty)
            #expect(try await queue.cancel([id], reason: "test").changed == [id])
            let other = try await place(Self.huge, in: database)
            _ = try await database.query(
                """
                DELETE FROM kushim_jira.ready;
                INSERT INTO kushim_jira.dead_jobs (job_id, state, attempt, losses) VALUES (\(other), 'discarded', 1, 0)
                """)
            #expect(try await queue.retry([other]).changed == [other])
        }
    }

    @Test("The jobs of a lost worker are taken over, whatever is among them")
    func rescue() async throws {
        try await TestDatabase.with { database in
            _ = try await database.query(Note.table)
            try await database.enqueue(2)
            let bad = try await place(Self.huge, in: database)
            let orphan = try await orphan(in: database)
            _ = try await database.query(
                """
                WITH ghost AS (
                    INSERT INTO kushim_jira.workers (worker_id, name, version, slots, kinds, lease, heartbeat_at)
                    VALUES (gen_random_uuid(), 'ghost', 'test', 8, '{notification}', '1 second', now() - interval '1 minute')
                    RETURNING worker_id
                ), taken AS (
                    DELETE FROM kushim_jira.ready RETURNING *
                )
                INSERT INTO kushim_jira.leases (job_id, worker_id, customer_id, kind, priority, attempt, losses, snoozes)
                SELECT job_id, worker_id, customer_id, kind, priority, 0, CASE WHEN job_id = \(orphan) THEN 2 ELSE 0 END, 0
                FROM taken, ghost
                """)
            let worker = database.worker(noting { $0.lease = .milliseconds(900) }) { _, _ in .completed() }
            try await database.running(worker) {
                try await database.wait(for: "SELECT count(*) FROM public.notes", toBe: "2")
                try await database.wait(
                    for: "SELECT count(*) FROM kushim_jira.job_status WHERE state = 'completed'", toBe: "2")
            }
            #expect(
                try await database.query("SELECT job_id FROM public.notes ORDER BY job_id")
                    == [bad, orphan].sorted().map { [String($0)] })
        }
    }

    /// A row of `ready` without a job, with a number that no table of jobs has room for.
    private func orphan(in database: TestDatabase, id: Int64 = 9_000_000_000_000) async throws -> Int64 {
        _ = try await database.query(
            """
            INSERT INTO kushim_jira.ready (job_id, customer_id, kind, priority) VALUES (\(id), 'acme', 'notification', 0);
            INSERT INTO kushim_jira.unique_jobs VALUES ('notification', 'acme', 'k\(id)', \(id))
            """)
        return id
    }

    @Test("A job without its row leaves the queue with a record, and no other job waits for it")
    func withoutRow() async throws {
        try await TestDatabase.with { database in
            _ = try await database.query(Note.table)
            let ids = try await database.enqueue(4)
            _ = try await database.query(
                """
                SET session_replication_role = replica;
                DELETE FROM kushim_jira.jobs WHERE id = \(ids[1]);
                RESET session_replication_role
                """)
            let other = try await orphan(in: database)
            try await expectOthersRun([ids[1], other], nil, saying: "has no row in kushim_jira.jobs", in: database)
            #expect(try await database.value("SELECT count(*) FROM kushim_jira.unique_jobs") == "0")
            #expect(try await JobQueue(pool: database.pool).violations(limit: 9).isEmpty)
        }
    }

    /// As a page of a disk would, of which nobody can tell beforehand.
    @Test("Whatever else fails when a job is read fails for this job")
    func unexpected() async throws {
        try await TestDatabase.with { database in
            _ = try await database.query(
                """
                \(Note.table);
                CREATE OR REPLACE FUNCTION kushim_jira.payload_text(payload jsonb, most integer) RETURNS text LANGUAGE plpgsql
                SET search_path = pg_catalog, pg_temp AS $$
                BEGIN
                    IF payload ? 'broken' THEN RAISE EXCEPTION 'missing chunk number 0' USING ERRCODE = 'data_corrupted'; END IF;
                    RETURN payload::text;
                END
                $$
                """)
            try await database.enqueue(3)
            let bad = try await place("jsonb_build_object('broken', repeat('x', 100000))", in: database)
            _ = try await place("jsonb_build_object('whole', repeat('x', 100000))", in: database)
            try await database.enqueue(3)
            try await expectOthersRun([bad], "discarded", saying: "missing chunk number 0", in: database)
        }
    }

    @Test("A time at the end of time keeps nothing else from being moved, measured and shown")
    func infinity() async throws {
        try await TestDatabase.with { database in
            let ids = try await database.enqueue(1) + database.enqueue(2, runAt: "now() + interval '1 day'")
            for time in ["infinity", "-infinity"] {
                _ = try await database.query(
                    """
                    SET session_replication_role = replica;
                    UPDATE kushim_jira.jobs SET created_at = '\(time)' WHERE id IN (\(ids[0]), \(ids[1]));
                    UPDATE kushim_jira.scheduled SET run_at = 'infinity', reason = 'x' WHERE job_id = \(ids[1]);
                    RESET session_replication_role
                    """)
                let queue = JobQueue(pool: database.pool)
                #expect(try await queue.counts().kinds.contains { $0.ready == 1 })
                #expect(try await queue.list().count == 3)
                for id in ids { #expect(try await queue.show(id) != nil) }
                #expect(try await database.pool.execute(MeasureQueue()).count == 1)
                #expect(try await database.pool.execute(PromoteJobs(limit: 9)).first?.next != nil)
            }
            let seen = Notes<Int64>()
            let worker = database.worker { job, _ in
                seen.add(job.id)
                return .completed()
            }
            try await database.running(worker) { try await eventually("it ran") { seen.all == [ids[0]] } }
        }
    }

    @Test("No statement of the daemon writes a payload out unguarded")
    func everyReader() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Sources")
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        var readers: [String] = []
        for case let file as URL in files where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            if text.contains(/payload\s*(::\s*text|#>>)|(to_json|jsonb_pretty)\(\w*\.?payload/) {
                readers.append(file.lastPathComponent)
            }
        }
        #expect(readers == ["PayloadText.swift"])
    }
}
