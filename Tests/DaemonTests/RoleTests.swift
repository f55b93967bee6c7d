import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import Daemon

/// What the README promises to each role, run as that role: every query of the README, every view, every reading command.
@Suite struct RoleTests {
    /// By the heading that they stand under. A section with SQL that is missing here fails the test.
    private static let roles = [
        "Install": "", "Upgrade, go back, back up, remove": "", "Running the queue": "kushim_jira_worker",
        "For producers: how to report a failure": "kushim_jira_producer",
        "For admins and auditors": "kushim_jira_auditor",
    ]

    private struct Query {
        var section: String
        var sql: String
        /// The line says so.
        var isForOwner = false
    }

    /// Blocks of SQL, and code in a line that begins as a statement does.
    private static func queries() throws -> [Query] {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("README.md")
        var section = ""
        var block: [String]?
        var isForeign = false
        var found: [Query] = []
        for line in try String(contentsOf: path, encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false)
        {
            if let lines = block {
                let isEnd = line == "```" || line == "SQL"
                block = isEnd ? nil : lines + [String(line)]
                if isEnd { found.append(Query(section: section, sql: lines.joined(separator: "\n"))) }
            } else if line.hasPrefix("```"), line != "```sql", line != "```sh" {
                isForeign = line != "```" && !isForeign
            } else if isForeign {
                continue
            } else if line == "```sql" || line.hasSuffix("<<'SQL'") {
                block = []
            } else if line.hasPrefix("## ") {
                section = String(line.dropFirst(3))
            } else {
                for code in line.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                where code.offset % 2 == 1
                    && ["SELECT ", "INSERT ", "UPDATE ", "DELETE "].contains(where: code.element.hasPrefix)
                {
                    found.append(
                        Query(
                            section: section, sql: String(code.element).replacing("\\|", with: "|"),
                            isForOwner: line.contains("as the owner")))
                }
            }
        }
        return found
    }

    private func environment(_ database: TestDatabase, _ role: String) -> [String: String] {
        ["DATABASE_URL": "\(database.configuration.conninfo) options='-c role=\(role)'"]
    }

    @Test func everyQueryOfTheREADMEWorksForTheRoleThatItIsFor() async throws {
        let queries = try Self.queries()
        #expect(queries.count >= 12)
        try await TestDatabase.with { database in
            try await database.pool.withConnection { connection in
                for query in queries {
                    guard let role = Self.roles[query.section] else {
                        Issue.record("no role is named for the SQL under \(query.section)")
                        continue
                    }
                    do {
                        if role.isEmpty {
                            // Logins and databases of the README's own: a server is not for one test.
                            #expect(query.sql.contains("kushim_jira_") || query.sql.contains("CREATE"))
                        } else {
                            if !query.isForOwner { try await connection.execute(sql: "SET ROLE \(role)") }
                            try await connection.execute(sql: query.sql)
                        }
                    } catch {
                        Issue.record("\(role): \(query.sql): \(error)")
                    }
                    try await connection.execute(sql: "RESET ROLE")
                }
            }
            #expect(try await database.value("SELECT count(*) FROM kushim_jira.jobs") == "4")
        }
    }

    private func shell(_ script: String) async throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-e", "-c", script]
        process.environment = ["PATH": "\(PrivatePostgres.programs):/usr/bin:/bin"]
        let output = Pipe()
        (process.standardOutput, process.standardError) = (output, output)
        process.standardInput = FileHandle.nullDevice
        try process.run()
        return await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                let data = output.fileHandleForReading.readDataToEndOfFile()
                process.waitUntilExit()
                continuation.resume(returning: (process.terminationStatus, String(decoding: data, as: UTF8.self)))
            }
        }
    }

    @Test func installBackUpAndRemoveWorkAsPrinted() async throws {
        let blocks = try Self.queries().filter { Self.roles[$0.section] == "" }.map(\.sql)
        try #require(blocks.count == 4, "roles and database, grants, the same for a restore, removal")
        let scratch = try Scratch()
        @Sendable func psql(_ directory: String, _ database: String, _ sql: String) async throws {
            let file = try scratch.file("block.sql", sql)
            let outcome = try await shell(
                "psql -qX -h \(directory) -U kushim -v ON_ERROR_STOP=1 -f \(file) \(database)")
            #expect(outcome.status == 0, "\(sql): \(outcome.output)")
        }
        @Sendable func program(_ directory: String, _ conninfo: String, _ arguments: String...) async throws {
            let outcome = try await BuiltProgram.run(
                arguments, environment: ["DATABASE_URL": "host=\(directory) dbname=kushim \(conninfo)"])
            #expect(outcome.status == 0, "\(arguments): \(outcome.error)")
        }
        try await PrivatePostgres.with { server in
            try await psql(server.directory, "postgres", blocks[0])
            try await program(server.directory, "user=kushim options='-c role=kushim_owner'", "migrate")
            try await psql(server.directory, "kushim", blocks[1])
            try await program(server.directory, "user=kushim-jira", "status")
            try await program(server.directory, "user=alice", "connections", "list")
            let dump = "\(scratch.path)/kushim.dump"
            let dumped = try await shell(
                "pg_dump -h \(server.directory) -U kushim --format=custom --file=\(dump) kushim")
            #expect(dumped.status == 0, "\(dumped.output)")
            try await PrivatePostgres.with { other in
                try await psql(other.directory, "postgres", blocks[2])
                let restored = try await shell(
                    "pg_restore -h \(other.directory) -U kushim --exit-on-error --dbname=kushim \(dump)")
                #expect(restored.status == 0, "\(restored.output)")
                try await psql(
                    other.directory, "kushim",
                    "CREATE ROLE \"kushim-jira\" LOGIN; CREATE ROLE backend LOGIN; CREATE ROLE alice LOGIN; \(blocks[1])"
                )
                try await program(other.directory, "user=kushim options='-c role=kushim_owner'", "migrate")
                try await program(other.directory, "user=kushim-jira", "status")
                try await program(other.directory, "user=alice", "audit", "list")
            }
            try await psql(server.directory, "kushim", blocks[3])
        }
    }

    @Test func theCompletenessQueryFindsEveryFailureThatDidNotEndAsItMust() async throws {
        let query = try #require(try Self.queries().first { $0.sql.contains("kushim_jira.finished") }?.sql)
        try await TestDatabase.with { database in
            func failure(_ control: String, _ state: String, _ actions: String...) async throws {
                let id = try #require(
                    try await database.value(
                        """
                        INSERT INTO kushim_jira.jobs (kind, customer_id, payload) VALUES ('compliance_failure', 'acme',
                            '{"controlId": "\(control)", "controlTitle": "T", "severity": "high", "failureReason": "R"}') RETURNING id
                        """))
                _ = try await database.query(
                    state == "completed"
                        ? "INSERT INTO kushim_jira.attempts (job_id, fence, attempt, worker_id, started_at, outcome) VALUES (\(id), 1, 1, gen_random_uuid(), now(), 'completed')"
                        : "INSERT INTO kushim_jira.dead_jobs (job_id, state, attempt, losses) VALUES (\(id), '\(state)', 1, 0)"
                )
                for action in actions {
                    _ = try await database.query(
                        "INSERT INTO kushim_jira.audit_log (customer_id, job_id, action, actor) VALUES ('acme', \(id), '\(action)', 'test')"
                    )
                }
            }
            try await failure("created", "completed", "ticket.created", "sla.scheduled")
            try await failure("again", "completed", "job.discarded", "job.retried", "ticket.deduplicated")
            try await failure("cancelled", "cancelled", "job.cancelled")
            try await failure("late", "cancelled", "job.discarded", "job.retried", "job.cancelled")
            try await failure("discarded", "discarded", "job.discarded")
            let bad = ["nothing", "twice", "swallowed", "forgotten", "both"]
            try await failure("nothing", "completed", "job.discarded")
            try await failure("twice", "completed", "ticket.created", "ticket.deduplicated")
            try await failure("swallowed", "cancelled")
            try await failure("forgotten", "discarded", "job.cancelled")
            try await failure("both", "cancelled", "job.cancelled", "ticket.created")
            let found = try await database.query(
                "WITH found AS (\(query.replacing(";", with: ""))) SELECT control_id FROM found JOIN kushim_jira.job_subjects ON id = job_id ORDER BY id"
            )
            #expect(found.map { $0[0] } == bad)
        }
    }

    @Test(arguments: ["kushim_jira_auditor", "kushim_jira_worker"])
    func everyViewCanBeRead(as role: String) async throws {
        try await TestDatabase.with { database in
            let views = try await database.query(
                "SELECT relname FROM pg_class WHERE relnamespace = 'kushim_jira'::regnamespace AND relkind = 'v'")
            #expect(views.count >= 9)
            for view in views.compactMap({ $0[0] }) {
                do {
                    _ = try await database.query("SET ROLE \(role); TABLE kushim_jira.\(view); RESET ROLE")
                } catch {
                    Issue.record("\(view): \(error)")
                }
                _ = try await database.query("RESET ROLE")
            }
        }
    }

    /// Of each command that reads, how it is called; the others, by what keeps them from this test.
    private static let reading: [String: [String]] = [
        "status": [], "jobs list": [], "jobs show": ["JOB"], "tickets list": [], "tickets show": ["COMP-1"],
        "connections list": [], "connections show": ["acme"], "audit list": [], "migrate": ["--status"],
    ]
    private static let others: Set<String> = [
        "run", "check", "enqueue", "render", "jobs retry", "jobs cancel", "tickets unlink", "connections pause", "connections resume",
        "config show", "config check",
    ]

    private static func leaves(_ command: any ParsableCommand.Type, _ path: [String] = []) -> [String] {
        let children = command.configuration.subcommands
        return children.isEmpty
            ? [path.joined(separator: " ")]
            : children.flatMap { leaves($0, path + [$0.configuration.commandName ?? ""]) }
    }

    @Test(arguments: ["kushim_jira_auditor", "kushim_jira_worker"])
    func everyReadingCommandWorks(as role: String) async throws {
        let leaves = Self.leaves(KushimJira.self)
        #expect(
            leaves.filter { Self.reading[$0] == nil && !Self.others.contains($0) } == [], "reads it, or what does it?")
        try await TestDatabase.with { database in
            let environment = environment(database, role)
            let job = try #require(
                try await database.value(
                    """
                    INSERT INTO kushim_jira.jobs (kind, customer_id, payload) VALUES ('compliance_failure', 'acme',
                        '{"controlId": "CC6", "controlTitle": "T", "severity": "high", "failureReason": "visible-reason"}')
                    RETURNING id
                    """))
            _ = try await database.query(
                """
                INSERT INTO kushim_jira.tickets (customer_id, control_id, episode, fingerprint, state, severity, control_title,
                    project_key, issue_id, issue_key, issue_url, job_id, failed_at, due_at, last_failed_at)
                VALUES ('acme', 'CC6', 1, repeat('a', 64), 'open', 'high', 'T', 'COMP', '1', 'COMP-1', 'https://x/browse/COMP-1',
                        \(job), now(), now(), now());
                INSERT INTO kushim_jira.connections (customer_id, settings)
                VALUES ('acme', '{"tickets": {"project": "ACME"}, "slack": {"webhook_url": "https://visible.example/x"}}');
                """)
            for (command, arguments) in Self.reading {
                let words = command.split(separator: " ").map(String.init) + arguments.map { $0 == "JOB" ? job : $0 }
                for words in [words, words + ["--json"]] {
                    let outcome = try await BuiltProgram.run(words, environment: environment)
                    #expect(outcome.status == 0, "\(words): \(outcome.error)")
                    #expect(!outcome.output.contains("visible.example"))
                    #expect(
                        outcome.output.contains("visible-reason")
                            == (role == "kushim_jira_worker" && command == "jobs show"))
                }
            }
            let listed = try await BuiltProgram.run(["jobs", "list", "--control", "CC6"], environment: environment)
            #expect(listed.output.contains(" CC6 "))
            let shown = try await BuiltProgram.run(["connections", "show", "acme"], environment: environment)
            #expect(shown.output.contains("tickets.project: ACME"))
            #expect(shown.output.contains("slack"), "that there is one may be known")
        }
    }

    @Test func anAuditorChangesNothingAndReadsNoSecrets() async throws {
        try await TestDatabase.with { database in
            let writable = try await database.query(
                """
                SELECT relname FROM pg_class
                WHERE relnamespace = 'kushim_jira'::regnamespace AND relkind IN ('r', 'p', 'v', 'S')
                  AND CASE relkind WHEN 'S' THEN has_sequence_privilege('kushim_jira_auditor', oid, 'USAGE, UPDATE')
                      ELSE has_table_privilege('kushim_jira_auditor', oid, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER')
                           OR has_any_column_privilege('kushim_jira_auditor', oid, 'INSERT, UPDATE') END
                """)
            #expect(writable.isEmpty)
            for secret in ["payload FROM kushim_jira.jobs", "settings FROM kushim_jira.connections"] {
                await #expect(throws: (any Error).self) {
                    try await database.query("SET ROLE kushim_jira_auditor; SELECT \(secret)")
                }
                _ = try await database.query("RESET ROLE")
            }
        }
    }

    @Test func theHintNamesTheRoleThatIsMissingNeverOneThatIsThere() async throws {
        try await TestDatabase.with { database in
            for (role, command, missing) in [
                ("kushim_jira_producer", ["status"], "kushim_jira_auditor"),
                ("kushim_jira_producer", ["jobs", "list"], "kushim_jira_auditor"),
                ("kushim_jira_auditor", ["jobs", "cancel", "1"], "kushim_jira_worker"),
                ("kushim_jira_auditor", ["jobs", "retry", "1"], "kushim_jira_worker"),
                ("kushim_jira_auditor", ["enqueue", "compliance_pass"], "kushim_jira_producer"),
            ] {
                let outcome = try await BuiltProgram.run(
                    command, environment: environment(database, role), input: #"{"controlId": "A"}"#)
                #expect(outcome.status == 77)
                #expect(
                    outcome.error.contains("hint: as the owner: GRANT \(missing) TO \"\(role)\"\n"), "\(outcome.error)")
            }
            _ = try await database.query("REVOKE SELECT ON kushim_jira.workers FROM kushim_jira_auditor")
            let lost = try await BuiltProgram.run(["status"], environment: environment(database, "kushim_jira_auditor"))
            #expect(lost.status == 77)
            #expect(lost.error.contains("migrate --repair") && !lost.error.contains("GRANT"), "\(lost.error)")
        }
    }
}
