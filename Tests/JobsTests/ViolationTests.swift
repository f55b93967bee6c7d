import Jobs
import TestSupport
import Testing

@Suite("What must hold of the queue")
struct ViolationTests {
    private func violations(_ database: TestDatabase) async throws -> [QueueViolation] {
        try await JobQueue(pool: database.pool).violations(limit: 50)
    }

    @Test("A queue at work, with a bit of everything in it, is in order")
    func inOrder() async throws {
        try await TestDatabase.with { database in
            let gate = Gate()
            let worker = database.worker { job, _ in
                switch Int(job.id) % 4 {
                case 0: .discard(reason: "no")
                case 1: .retry(reason: "later", after: .seconds(60))
                case 2:
                    try await {
                        try await gate.pass(); return .completed()
                    }()
                default: .completed()
                }
            }
            try await database.enqueue(20, runAt: "now() + interval '1 hour'")
            _ = try await database.query(
                "SELECT kushim_jira.enqueue('notification', 'acme', '{}', unique_key => 'k' || n) FROM generate_series(1, 40) n"
            )
            try await database.running(worker) {
                try await eventually("some have ended") {
                    #expect(try await violations(database).isEmpty)
                    return try await database.value("SELECT count(*) > 10 FROM kushim_jira.finished") == "t"
                }
                gate.open()
            }
            #expect(try await violations(database).isEmpty)
        }
    }

    @Test(
        "What breaks a rule is found, and its remedy cures it",
        arguments: [
            ("nowhere", "DELETE FROM kushim_jira.ready WHERE job_id = 1"),
            ("in two places", "INSERT INTO kushim_jira.dead_jobs VALUES (1, 'cancelled', 0, 0)"),
            (
                "without a job",
                "SET session_replication_role = replica; DELETE FROM kushim_jira.jobs_1 WHERE id = 1; RESET session_replication_role"
            ),
            ("in the wrong lane", "UPDATE kushim_jira.ready SET priority = 7 WHERE job_id = 1"),
            (
                "worker unknown",
                """
                WITH r AS (DELETE FROM kushim_jira.ready WHERE job_id = 1 RETURNING *)
                INSERT INTO kushim_jira.leases (job_id, worker_id, customer_id, kind, priority, attempt, losses, snoozes)
                SELECT job_id, gen_random_uuid(), customer_id, kind, priority, 0, 0, 0 FROM r
                """
            ),
            ("key held for nobody", "INSERT INTO kushim_jira.unique_jobs VALUES ('notification', 'acme', 'k', 77)"),
            ("key not held", "DELETE FROM kushim_jira.unique_jobs"),
            ("sequence behind", "SELECT setval('kushim_jira.ready_seq', 1)"),
            (
                "without a job",
                """
                SET session_replication_role = replica; DELETE FROM kushim_jira.jobs_1 WHERE id = 1; RESET session_replication_role;
                DELETE FROM kushim_jira.ready WHERE job_id = 1;
                INSERT INTO kushim_jira.scheduled (job_id, customer_id, kind, priority, run_at) VALUES (1, 'acme', 'notification', 0, now())
                """
            ),
            (
                "in two places",
                """
                INSERT INTO kushim_jira.scheduled (job_id, customer_id, kind, priority, run_at) VALUES (1, 'acme', 'notification', 0, now())
                """
            ),
            (
                "in two places",
                "INSERT INTO kushim_jira.ready (job_id, customer_id, kind, priority) VALUES (1, 'acme', 'notification', 0)"
            ),
            ("sequence behind", "SELECT setval('kushim_jira.jobs_id_seq', 1)"),
            ("no room", "SELECT setval('kushim_jira.jobs_id_seq', 9223372036854775807)"),
            ("no room", "SELECT setval('kushim_jira.jobs_id_seq', 9223372036854775000)"),
            ("no room", "SELECT setval('kushim_jira.jobs_id_seq', (SELECT max(past) FROM kushim_jira.job_ranges) - 1)"),
        ])
    func found(_ rule: String, _ damage: String) async throws {
        try await TestDatabase.with { database in
            _ = try await database.query(
                "SELECT kushim_jira.enqueue('notification', 'acme', '{}', unique_key => 'one')")
            try await database.enqueue(2)
            #expect(try await violations(database).isEmpty)
            _ = try await database.query(damage)
            let found = try await violations(database)
            #expect(found.map(\.rule.rawValue).contains(rule), "\(found)")
            for violation in found {
                for sql in violation.statements { #expect(violation.remedy.contains(sql)) }
            }
            try await cure(database)
        }
    }

    /// Runs what is printed, of two places the statement of the first.
    private func cure(_ database: TestDatabase) async throws {
        for _ in 1...3 {
            for violation in try await violations(database) {
                let statements =
                    violation.rule == .inTwoPlaces ? violation.statements.prefix(1) : violation.statements[...]
                #expect(!statements.isEmpty, "\(violation)")
                for sql in statements { _ = try await database.query(sql) }
            }
        }
        #expect(try await violations(database).isEmpty)
    }

    @Test("Fences that are used twice, or do not rise, are found")
    func fences() async throws {
        try await TestDatabase.with { database in
            try await database.enqueue(2)
            let worker = "00000000-0000-0000-0000-000000000001"
            _ = try await database.query(
                """
                INSERT INTO kushim_jira.workers (worker_id, name, version, slots, kinds, lease)
                VALUES ('\(worker)', 'w', '1', 1, '{}', '30 s');
                INSERT INTO kushim_jira.attempts (job_id, fence, attempt, worker_id, started_at, outcome)
                VALUES (1, 9, 1, '\(worker)', now(), 'failed'), (2, 9, 1, '\(worker)', now(), 'failed');
                WITH r AS (DELETE FROM kushim_jira.ready WHERE job_id = 1 RETURNING *)
                INSERT INTO kushim_jira.leases (job_id, worker_id, fence, customer_id, kind, priority, attempt, losses, snoozes)
                SELECT job_id, '\(worker)', 8, customer_id, kind, priority, 0, 0, 0 FROM r
                """)
            #expect(
                try await violations(database).map(\.rule) == [.fenceNotRising, .fenceUsedTwice, .sequenceBehind])
        }
    }
}
