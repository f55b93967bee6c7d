import Foundation
import Logging
import Postgres
import TestSupport
import Testing

/// Commands that work, on a real database.
@Suite struct QueueCommandTests {
    private static let failure = """
        {"controlId": "AWS_IAM_MFA", "controlTitle": "IAM MFA", "severity": "high", "failureReason": "6 of 14",
         "integration": "AWS", "evidenceUrl": "https://app.kushim.io/evidence/1"}
        """

    @Test func migrateSaysWhatItDidAndSeveralMayRunAtOnce() async throws {
        try await TestDatabase.with(migrated: false) { database in
            let plan = try await BuiltProgram.run(["migrate", "--dry-run"], environment: database.environment)
            #expect(plan.output.contains("-- 0001_queue.sql"))
            #expect(try await database.value("SELECT to_regnamespace('kushim_jira')::text") == nil)
            async let one = BuiltProgram.run(["migrate"], environment: database.environment)
            async let other = BuiltProgram.run(["migrate"], environment: database.environment)
            let outcomes = try await [one, other]
            #expect(outcomes.map(\.status) == [0, 0])
            let said = outcomes.map(\.output).joined()
            #expect(said.components(separatedBy: "applied 0001_queue.sql").count == 2)
            let again = try await BuiltProgram.run(["migrate"], environment: database.environment)
            #expect(again.output == "the schema is current already\n")
            let listed = try await BuiltProgram.run(["migrate", "--status"], environment: database.environment)
            #expect(listed.output.contains("0003_roles.sql"))
        }
    }

    @Test func enqueueShowRetryAndCancelLeaveARecord() async throws {
        try await TestDatabase.with { database in
            func program(_ arguments: String...) async throws -> BuiltProgram.Outcome {
                try await BuiltProgram.run(arguments, environment: database.environment, input: Self.failure)
            }
            let enqueued = try await program(
                "enqueue", "compliance_failure", "-", "--customer", "acme", "--run-at", "+1h", "--priority", "-5")
            #expect(enqueued.status == 0)
            let id = enqueued.output.trimmingCharacters(in: .newlines)
            let listed = try await program("jobs", "list", "--json", "--control", "AWS_IAM_MFA")
            #expect(listed.output.contains("\"customerID\":\"acme\""))
            #expect(listed.output.contains("\"priority\":-5"))
            #expect(try await program("jobs", "show", id).output.contains("waits for another"))
            #expect(try await program("jobs", "retry", id).output == "\(id): ready to run\n")
            #expect(try await program("jobs", "show", id).output.contains("none is alive"))
            #expect(try await program("jobs", "cancel", id, "--reason", "retired").output == "\(id): cancelled\n")
            let late = try await program("jobs", "cancel", id)
            #expect(late.status == 1)
            #expect(late.error.contains("it is cancelled already"))
            let records = try await database.query(
                "SELECT action, actor, detail ->> 'reason' FROM kushim_jira.audit_log ORDER BY id")
            #expect(records.map { $0[0] } == ["admin.retry", "job.cancelled"])
            #expect(records.allSatisfy { $0[1]?.hasPrefix("admin ") == true })
            #expect(records.last?[2] == "retired")
            #expect(try await program("jobs", "show", "99").status == 1)
            let status = try await program("status")
            #expect(status.output.contains("workers alive: none"))
        }
    }

    /// A daemon waits for a row; then the command itself waits for a table.
    @Test func statusNamesWhoseLocksAreWaitedFor() async throws {
        try await TestDatabase.with { database in
            _ = try await database.query("INSERT INTO kushim_jira.customer_limits VALUES ('acme', 1)")
            func session(_ name: String) async throws -> PostgresConnection {
                try await PostgresConnection.connect(
                    PostgresConfiguration(conninfo: database.configuration.conninfo, applicationName: name),
                    logger: .quiet)
            }
            let (stranger, daemon) = (try await session("a report"), try await session("kushim-jira"))
            let limits = "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0"
            for session in [stranger, daemon] { try await session.execute(sql: limits) }
            let pid =
                try await stranger.text(
                    sql: "BEGIN; SELECT FROM kushim_jira.customer_limits FOR UPDATE; SELECT pg_backend_pid()")[0][0]
                ?? ""
            let words = "session \(pid) of kushim (a report), idle in transaction"
            let waiting = Task { try? await daemon.execute(sql: "UPDATE kushim_jira.customer_limits SET at_once = 2") }
            try await database.wait(
                for: """
                    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
                    """, toBe: "1")
            try await eventually("it is named") {
                try await BuiltProgram.run(["status"], environment: database.environment).output.contains(words)
            }
            try await stranger.execute(sql: "COMMIT")
            await waiting.value
            try await stranger.execute(sql: "BEGIN; LOCK TABLE kushim_jira.tickets")
            let refused = try await BuiltProgram.run(["status"], environment: database.environment)
            #expect(refused.status != 0 && refused.error.contains(words), "\(refused)")
            #expect(refused.error.contains("pg_terminate_backend(\(pid))"), "\(refused)")
            await stranger.close()
            await daemon.close()
        }
    }

    /// As an older version admitted it: a gigabyte as text.
    @Test func aJobWhosePayloadNobodyCanReadIsShownWithoutIt() async throws {
        try await TestDatabase.with { database in
            _ = try await database.query(
                """
                SET session_replication_role = replica;
                INSERT INTO kushim_jira.jobs (kind, customer_id, payload)
                SELECT 'compliance_failure', 'acme', jsonb_build_object(
                    'controlId', 'CC1', 'n', (SELECT jsonb_agg('1e131071'::jsonb) FROM generate_series(1, 8500)));
                INSERT INTO kushim_jira.ready (job_id, customer_id, kind, priority) VALUES (1, 'acme', 'compliance_failure', 0);
                RESET session_replication_role
                """)
            func program(_ arguments: String...) async throws -> BuiltProgram.Outcome {
                try await BuiltProgram.run(arguments, environment: database.environment)
            }
            #expect(try await program("jobs", "list", "--control", "CC1").output.contains("acme"))
            let shown = try await program("jobs", "show", "1")
            #expect(shown.status == 0 && shown.output.contains("not shown: payload: longer than"), "\(shown)")
            #expect(try await program("jobs", "show", "1", "--json").output.contains("payloadProblem"))
            #expect(try await program("status").output.contains("compliance_failure"))
            #expect(try await program("jobs", "cancel", "1").output == "1: cancelled\n")
        }
    }

    @Test func aUniqueKeyGivesTheSameIdTwice() async throws {
        try await TestDatabase.with { database in
            let arguments = ["enqueue", "compliance_failure", "-", "--unique-key", "k", "--json"]
            let first = try await BuiltProgram.run(arguments, environment: database.environment, input: Self.failure)
            let second = try await BuiltProgram.run(arguments, environment: database.environment, input: Self.failure)
            #expect(first.status == 0)
            #expect(first.output == second.output)
        }
    }

    @Test func renderNeedsNeitherJiraNorDatabase() async throws {
        let environment = ["JIRA_DEFAULT_PROJECT_KEY": "COMP", "DATABASE_URL": "host=/nowhere"]
        let request = try await BuiltProgram.run(["render", "-"], environment: environment, input: Self.failure)
        let document = try #require(
            try JSONSerialization.jsonObject(with: Data(request.output.utf8)) as? [String: Any])
        let fields = try #require((document["body"] as? [String: Any])?["fields"] as? [String: Any])
        #expect(fields["summary"] as? String == "[AWS_IAM_MFA] IAM MFA - Compliance Failure")
        #expect(fields["labels"] as? [String] == ["compliance", "soc2", "aws"])
        let text = try await BuiltProgram.run(
            ["render", "--format", "text", "-"], environment: environment, input: Self.failure)
        #expect(text.output.contains("Priority:   High"))
        let low = try await BuiltProgram.run(
            ["render", "--format", "text", "-"], environment: environment,
            input: Self.failure.replacing("\"high\"", with: "\"low\""))
        #expect(low.status == 0)
        #expect(low.output.contains("minimum_severity: medium"))
        #expect(try await BuiltProgram.run(["render", "-"], input: Self.failure).status == 78)
        #expect(try await BuiltProgram.run(["render", "-"], environment: environment, input: "{}").status == 65)
    }

    @Test func configShowListsEveryLeafWithItsSource() async throws {
        let scratch = try Scratch()
        let path = try scratch.file(
            "config.yaml", "tickets:\n  project: FILE\n  fields: {customfield_1: \"{controlId}\"}\n")
        let shown = try await BuiltProgram.run(
            ["config", "show", "--config", path], environment: ["JIRA_DEFAULT_PROJECT_KEY": "COMP"])
        let lines = shown.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        func line(_ key: String) -> [String]? { lines.first { $0.first == key } }
        #expect(line("tickets.project") == ["tickets.project", "COMP", "environment", "JIRA_DEFAULT_PROJECT_KEY"])
        #expect(line("tickets.fields.customfield_1") == ["tickets.fields.customfield_1", "{controlId}", "\(path):3"])
        #expect(line("sla.due.critical")?.last == "default")
        #expect(line("tickets.deduplication.window") == ["tickets.deduplication.window", "24h", "default"])
    }

    @Test func runServesReloadsAndDrains() async throws {
        try await TestDatabase.with { database in
            let process = Process()
            process.executableURL = try BuiltProgram.url()
            process.arguments = ["run", "--listen", "127.0.0.1:0"]
            process.environment = database.environment
            let log = Pipe()
            process.standardError = log
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            try await database.wait(
                for: "SELECT count(*) FROM kushim_jira.workers WHERE state = 'up'", toBe: "1")
            _ = try await BuiltProgram.run(
                ["enqueue", "compliance_failure", "-"], environment: database.environment, input: Self.failure)
            // Nothing is configured, so the job waits and says why.
            try await eventually("the job says what it waits for") {
                try await BuiltProgram.run(["jobs", "list"], environment: database.environment).output
                    .contains("JIRA_DEFAULT_PROJECT_KEY")
            }
            kill(process.processIdentifier, SIGHUP)
            kill(process.processIdentifier, SIGTERM)
            let said = await withCheckedContinuation { continuation in
                Thread.detachNewThread {
                    let text = log.fileHandleForReading.readDataToEndOfFile()
                    process.waitUntilExit()
                    continuation.resume(returning: String(decoding: text, as: UTF8.self))
                }
            }
            #expect(process.terminationStatus == 0)
            #expect(said.contains("no Jira is configured"))
            #expect(said.contains("stopped"))
            #expect(try await database.value("SELECT state FROM kushim_jira.workers") == "stopped")
        }
    }
}
