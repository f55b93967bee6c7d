import Migrations
import TestSupport
import Testing

/// What hands in the catalog have done to inserts: `check` tells it, and what it names mends it.
@Suite struct RepairTests {
    @Test func jobsThatWereInsertedWhileTheTriggerWasDisabledAreAdmittedByTheRulesOfTheInsert() async throws {
        try await TestDatabase.with { database in
            func run(_ arguments: String...) async throws -> BuiltProgram.Outcome {
                try await BuiltProgram.run(arguments, environment: database.environment)
            }
            let good = #"{"controlId": "C-1", "controlTitle": "t", "severity": "high", "failureReason": "r"}"#
            func insert(_ payload: String, _ more: String = "NULL, now()") -> String {
                "INSERT INTO kushim_jira.jobs (kind, payload, unique_key, run_at) VALUES ('compliance_failure', '\(payload)', \(more))"
            }
            _ = try await database.query("ALTER TABLE kushim_jira.jobs DISABLE TRIGGER admit_jobs")
            for sql in [
                insert(good), insert(good, "NULL, now() + '1 h'"), insert("{}"), insert(good, "'k', now()"),
                insert(good, "'k', now()"), insert(good, "NULL, 'infinity'"),
            ] { _ = try await database.query(sql) }
            let check = try await run("check")
            #expect(check.output.contains("ENABLE TRIGGER admit_jobs"), "\(check)")
            #expect(check.output.contains("6 have no place in the queue") && check.output.contains("migrate --repair"))

            let repair = try await run("migrate", "--repair")
            #expect(repair.status == 0, "\(repair)")
            #expect(repair.output.contains("job 1 has its place in the queue again"))
            #expect(repair.output.contains("job 3 is a dead letter: payload.controlId"))
            #expect(
                try await database.query("SELECT id, state FROM kushim_jira.job_status ORDER BY id").map { $0[1] } == [
                    "available", "available", "discarded", "available", "discarded", "discarded",
                ])
            #expect(
                try await database.query(
                    "SELECT job_id FROM kushim_jira.audit_log WHERE action = 'job.discarded' ORDER BY 1")
                    == [["3"], ["5"], ["6"]])
            #expect(try await database.value("SELECT job_id FROM kushim_jira.scheduled") == "2")
            #expect(try await run("check", "--queue").output.contains("every job is in exactly one place"))
            #expect(try await !run("check").output.contains("TRIGGER"))
            _ = try await database.query(insert(good))
            #expect(try await database.value("SELECT count(*) FROM kushim_jira.ready") == "3")
            #expect(try await run("migrate", "--repair").output.contains("every trigger is enabled"))
            #expect(try await database.value("SELECT count(*) FROM kushim_jira.ready") == "3")
        }
    }

    @Test(arguments: ["jobs", "ready"])
    func aTableOfAnotherOwnerIsToldWithTheStatementThatMendsIt(table: String) async throws {
        try await TestDatabase.with(migrated: false) { database in
            let owner = "o_\(database.name)"
            let stranger = "s_\(database.name)"
            for sql in [
                "CREATE ROLE \(owner) LOGIN CREATEROLE", "GRANT CREATE ON DATABASE \(database.name) TO \(owner)",
                "CREATE ROLE \(stranger)",
            ] { try await TestDatabase.administer(sql) }
            var configuration = database.configuration
            configuration.conninfo += " user=\(owner)"
            _ = try await database.migrate(by: configuration)
            func check() async throws -> String {
                try await BuiltProgram.run(["check"], environment: database.environment).output
            }
            #expect(try await !check().contains("OWNER TO"))
            _ = try await database.query("ALTER TABLE kushim_jira.\(table) OWNER TO \(stranger)")
            let told = try await check()
            let remedy = "ALTER TABLE kushim_jira.\(table) OWNER TO \(owner)"
            #expect(
                told.contains("TABLE kushim_jira.\(table) belongs to \(stranger)") && told.contains(remedy), "\(told)")
            _ = try await database.query(remedy)
            #expect(try await !check().contains("OWNER TO"))
            _ = try await database.query("REASSIGN OWNED BY \(owner) TO kushim; DROP OWNED BY \(owner), \(stranger)")
            for role in [owner, stranger] { try await TestDatabase.administer("DROP ROLE \(role)") }
        }
    }

    @Test func aTicketWhoseCreateIsInDoubtIsNotLetGoOf() async throws {
        try await TestDatabase.with { database in
            _ = try await database.query(
                """
                INSERT INTO kushim_jira.tickets (customer_id, control_id, resource, episode, fingerprint, severity, control_title,
                                                 project_key, job_id, failed_at, last_failed_at, due_at, sends, last_sent_at, in_doubt)
                VALUES ('acme', 'C-1', '', 1, repeat('a', 64), 'high', 't', 'COMP', 1, now(), now(), now(), 1, now(), true)
                """)
            let outcome = try await BuiltProgram.run(
                ["tickets", "unlink", "acme", "C-1"], environment: database.environment)
            #expect(outcome.status == 1 && outcome.error.contains("in doubt"), "\(outcome)")
            #expect(try await database.value("SELECT state FROM kushim_jira.tickets") == "creating")
        }
    }

    /// Another failure of the control would find the issue; a pass would wait for a job that has ended.
    @Test func aFailureWhoseCreateIsInDoubtIsNotCancelled() async throws {
        try await TestDatabase.with { database in
            let ids = try await database.query(
                """
                INSERT INTO kushim_jira.jobs (kind, customer_id, payload)
                SELECT 'compliance_failure', 'acme',
                       jsonb_build_object('controlId', c, 'controlTitle', 't', 'failureReason', 'r', 'severity', 'high')
                FROM unnest('{C-1,C-2}'::text[]) AS c RETURNING id
                """
            ).compactMap { $0[0] }
            _ = try await database.query(
                """
                INSERT INTO kushim_jira.tickets (customer_id, control_id, resource, episode, fingerprint, severity, control_title,
                                                 project_key, job_id, failed_at, last_failed_at, due_at, sends, last_sent_at, in_doubt)
                VALUES ('acme', 'C-1', '', 1, repeat('a', 64), 'high', 't', 'COMP', \(ids[0]), now(), now(), now(), 1, now(), true)
                """)
            let outcome = try await BuiltProgram.run(["jobs", "cancel"] + ids, environment: database.environment)
            #expect(outcome.output == "\(ids[1]): cancelled\n")
            #expect(outcome.status == 1 && outcome.error.contains("\(ids[0]): its ticket may be in Jira"), "\(outcome)")
            #expect(try await database.value("SELECT job_id FROM kushim_jira.ready") == ids[0])
        }
    }
}
