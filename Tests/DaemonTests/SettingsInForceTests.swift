import Foundation
import TestSupport
import Testing

/// What commands tell where the shell's environment is not the daemon's.
@Suite struct SettingsInForceTests {
    private static let site = "http://127.0.0.1:9/jira"

    private func daemon(_ name: String, _ database: TestDatabase, _ scratch: Scratch, _ extra: [String: String] = [:])
        throws -> Program
    {
        let program = Program(
            name: name, executable: try BuiltProgram.url().path, arguments: ["run", "--listen", "off"],
            directory: scratch.path)
        try program.start(
            environment: [
                "DATABASE_URL": database.configuration.conninfo, "JIRA_TYPE": "server", "JIRA_BASE_URL": Self.site,
                "JIRA_PAT": "visible-token", "JIRA_DEFAULT_PROJECT_KEY": "COMP",
            ].merging(extra) { $1 })
        return program
    }

    private func bare(_ database: TestDatabase) -> [String: String] {
        ["DATABASE_URL": "\(database.configuration.conninfo) options='-c role=kushim_jira_auditor'"]
    }

    @Test func commandsTellWhatTheRunningDaemonsUseNotWhatTheirShellLacks() async throws {
        let scratch = try Scratch()
        try await TestDatabase.with { database in
            let first = try daemon("first", database, scratch)
            defer { first.send(SIGKILL) }
            try await database.wait(for: "SELECT count(*) FROM kushim_jira.workers WHERE about <> '{}'", toBe: "1")
            let open = try await BuiltProgram.run(["connections", "show", "acme"], environment: bare(database))
            #expect(open.status == 0 && !open.output.contains("no_jira"), "\(open.output)\(open.error)")
            for words in [
                "state           open", Self.site, "personal access token •••", "COMP/Task",
                "/\(first.processID ?? 0) (",
            ] {
                #expect(open.output.contains(words), "\(words): \(open.output)")
            }
            _ = try await database.query(
                """
                INSERT INTO kushim_jira.gates (scope, customer_id, cause, reason, remedy, closed_until)
                VALUES ('jira \(Self.site)', 'default', 'credentials', 'Jira refused the token', 'Make a new one.', now() + '1 h')
                """)
            let shut = try await BuiltProgram.run(["connections", "show"], environment: bare(database))
            #expect(shut.output.contains("Jira refused the token") && shut.output.contains("Make a new one."))
            #expect(!shut.output.contains("JIRA_DOMAIN"))
            let list = try await BuiltProgram.run(["connections", "list"], environment: bare(database))
            #expect(list.output.contains("held up") && list.output.contains("Jira refused the token"))
            let status = try await BuiltProgram.run(["status"], environment: bare(database))
            #expect(status.output.contains("\(Self.site), as personal access token •••"))
            let check = try await BuiltProgram.run(["check"], environment: bare(database))
            #expect(check.output.contains("the daemons that run use \(Self.site)"), "\(check.output)")

            let own = bare(database).merging([
                "JIRA_DOMAIN": "other.atlassian.net", "JIRA_EMAIL": "a@b.c", "JIRA_API_TOKEN": "x",
            ]) { $1 }
            let elsewhere = try await BuiltProgram.run(["connections", "list"], environment: own)
            #expect(elsewhere.output.contains("Jira refused the token"))
            #expect(elsewhere.error.contains("name another Jira, https://other.atlassian.net"))

            let second = try daemon("second", database, scratch, ["JIRA_DEFAULT_PROJECT_KEY": "NEW"])
            defer { second.send(SIGKILL) }
            try await database.wait(for: "SELECT count(*) FROM kushim_jira.workers WHERE about <> '{}'", toBe: "2")
            let different = try await BuiltProgram.run(["connections", "show"], environment: bare(database))
            #expect(different.output.contains("the daemons run with different settings"), "\(different.output)")
            #expect(different.output.contains("NEW/Task"), "the newest one's")
            #expect(await first.end(SIGTERM))
            #expect(await second.end(SIGTERM))
            let none = try await BuiltProgram.run(["connections", "show"], environment: bare(database))
            #expect(none.output.contains("none is alive; what follows is from the last one"), "\(none.output)")
            #expect(none.output.contains(Self.site))
            let rows = try await database.value("SELECT string_agg(about::text, '') FROM kushim_jira.workers") ?? ""
            #expect(!rows.contains("visible-token") && rows.contains(Self.site))
        }
    }

    @Test func aDaemonWithoutJiraIsNamedAsTheOneThatLacksIt() async throws {
        let scratch = try Scratch()
        try await TestDatabase.with { database in
            let program = try daemon(
                "bare", database, scratch, ["JIRA_BASE_URL": "", "JIRA_PAT": "", "JIRA_TYPE": ""])
            defer { program.send(SIGKILL) }
            try await database.wait(for: "SELECT count(*) FROM kushim_jira.workers WHERE about <> '{}'", toBe: "1")
            let shown = try await BuiltProgram.run(["connections", "show"], environment: bare(database))
            #expect(shown.output.contains("no_jira") && shown.output.contains("So says the daemon "))
            #expect(shown.output.contains("In the settings of that daemon (not of this shell)"))
            #expect(await program.end(SIGTERM))
        }
    }

    @Test func aReloadIsToldWithTheNextHeartbeat() async throws {
        let scratch = try Scratch()
        try await TestDatabase.with { database in
            let path = try scratch.file("config.yaml", "worker: {lease: 5s}\ntickets: {project: OLD}\n")
            let program = try daemon(
                "reloads", database, scratch, ["KUSHIM_JIRA_CONFIG": path, "JIRA_DEFAULT_PROJECT_KEY": ""])
            defer { program.send(SIGKILL) }
            let project = "SELECT about #>> '{tickets,project}' FROM kushim_jira.workers"
            try await database.wait(for: project, toBe: "OLD")
            _ = try scratch.file("config.yaml", "worker: {lease: 5s}\ntickets: {project: FRESH}\n")
            program.send(SIGHUP)
            try await database.wait(for: project, toBe: "FRESH")
            #expect(await program.end(SIGTERM))
        }
    }
}
