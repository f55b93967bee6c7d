import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import Daemon

/// What stands in `--help` can be copied from any terminal and run.
@Suite struct HelpTests {
    private static func paths(_ command: any ParsableCommand.Type, _ path: [String] = []) -> [[String]] {
        [path]
            + command.configuration.subcommands.flatMap { paths($0, path + [$0.configuration.commandName ?? ""]) }
    }

    /// The lines under EXAMPLE, up to the first that is empty.
    private func example(_ path: [String], columns: Int) async throws -> [String] {
        let help = try await BuiltProgram.run(path + ["--help"], environment: ["COLUMNS": String(columns)])
        #expect(help.status == 0)
        let lines = help.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let start = try #require(lines.firstIndex { $0.hasPrefix("EXAMPLE") }, "\(path)")
        return Array(lines[(start + 1)...].prefix { !$0.isEmpty })
    }

    @Test(arguments: [60, 80, 132])
    func everyExampleOfEveryHelpRunsAsCopied(columns: Int) async throws {
        let scratch = try Scratch()
        let calls = scratch.path + "/calls"
        // What an example calls is written down; what its pipes call answers something.
        let stub = "#!/bin/bash\nprintf '%s\\n' \"$@\" END >>'\(calls)'\n[ -t 0 ] || cat >/dev/null\necho 1\n"
        for name in ["kushim-jira", "jq"] { _ = try scratch.file(name, stub, mode: 0o755) }
        _ = try scratch.file("jq", "#!/bin/bash\ncat >/dev/null\necho 1\n", mode: 0o755)
        for path in Self.paths(KushimJira.self) {
            let lines = try await example(path, columns: columns)
            #expect(!lines.isEmpty, "\(path)")
            try? FileManager.default.removeItem(atPath: calls)
            let shell = Process()
            shell.executableURL = URL(fileURLWithPath: "/bin/bash")
            shell.arguments = ["-e", "-c", lines.joined(separator: "\n")]
            shell.environment = ["PATH": "\(scratch.path):/usr/bin:/bin"]
            shell.standardInput = FileHandle.nullDevice
            let output = Pipe()
            (shell.standardOutput, shell.standardError) = (output, output)
            try shell.run()
            let printed = await withCheckedContinuation { continuation in
                Thread.detachNewThread {
                    let data = output.fileHandleForReading.readDataToEndOfFile()
                    shell.waitUntilExit()
                    continuation.resume(returning: String(decoding: data, as: UTF8.self))
                }
            }
            #expect(shell.terminationStatus == 0, "\(path) at \(columns) columns: \(lines) \(printed)")
            let called = ((try? String(contentsOfFile: calls, encoding: .utf8)) ?? "").components(
                separatedBy: "\nEND\n"
            )
            .dropLast().map { $0.components(separatedBy: "\n") }
            #expect(called.contains { $0.starts(with: path) }, "\(path)")
            for arguments in called {
                #expect(throws: Never.self, "\(arguments)") { try KushimJira.parseAsRoot(arguments) }
            }
        }
    }

    /// Options of commands that list, by what they are: any word will do for the first.
    private static let free: Set<String> = [
        "config", "log-level", "log-format", "customer", "control", "issue", "job", "limit", "since", "until", "json",
        "help",
        "version",
    ]

    @Test func aMisspeltFilterIsRefusedWithTheListOfWhatThereIs() async throws {
        let lists = Self.paths(KushimJira.self).filter { $0.last == "list" }
        #expect(lists.count >= 4)
        var tried = 0
        for path in lists {
            let dump = try await BuiltProgram.run(path + ["--experimental-dump-help"])
            let document = try #require(
                try JSONSerialization.jsonObject(with: Data(dump.output.utf8)) as? [String: Any])
            let root = try #require(document["command"] as? [String: Any])
            let arguments = try #require(Self.command(path, in: root)["arguments"] as? [[String: Any]])
            for name in arguments.compactMap({ ($0["preferredName"] as? [String: Any])?["name"] as? String })
            where !Self.free.contains(name) {
                tried += 1
                let outcome = try await BuiltProgram.run(path + ["--\(name)", "nonsense"])
                #expect(outcome.status == 64, "\(path) --\(name)")
                #expect(
                    outcome.error.contains("nonsense") && outcome.error.contains("Please provide one of"),
                    "\(outcome.error)")
            }
        }
        #expect(tried >= 5)
    }

    private static func command(_ path: [String], in root: [String: Any]) -> [String: Any] {
        path.reduce(root) { command, name in
            (command["subcommands"] as? [[String: Any]])?.first { $0["commandName"] as? String == name } ?? command
        }
    }

    @Test func whatFiltersCanBeIsWhatTheTablesHold() async throws {
        try await TestDatabase.with { database in
            func words(_ table: String, _ column: String) async throws -> Set<String> {
                let found = try await database.query(
                    """
                    SELECT (regexp_matches(pg_get_constraintdef(oid), '''([a-z._]+)''', 'g'))[1] FROM pg_constraint
                    WHERE conrelid = 'kushim_jira.\(table)'::regclass AND contype = 'c'
                      AND pg_get_constraintdef(oid) ~ '^CHECK \\(\\(+\(column) '
                    """)
                return Set(found.compactMap { $0[0] })
            }
            #expect(try await words("tickets", "state") == Set(TicketState.allCases.map(\.rawValue)))
            let kinds = try await database.query("SELECT kind FROM kushim_jira.queue_health ORDER BY kind")
            #expect(kinds.compactMap { $0[0] } == JobKind.allCases.map(\.rawValue).sorted())
        }
    }

    @Test func aListThatIsCutSaysSoAndTakesDates() async throws {
        try await TestDatabase.with { database in
            let environment = database.environment
            _ = try await database.query(
                """
                INSERT INTO kushim_jira.jobs (kind, customer_id, payload)
                SELECT 'compliance_pass', 'acme', jsonb_build_object('controlId', 'C' || n) FROM generate_series(1, 105) n;
                INSERT INTO kushim_jira.audit_log (customer_id, action, actor, recorded_at)
                SELECT 'acme', 'ticket.created', 'test', now() - n * interval '1 day' FROM generate_series(0, 104) n;
                INSERT INTO kushim_jira.tickets (customer_id, control_id, episode, fingerprint, state, severity, control_title,
                    project_key, job_id, failed_at, due_at, last_failed_at, created_at)
                SELECT 'acme', 'C' || n, 1, md5(n::text) || md5(n::text), 'creating', 'high', 'T', 'COMP', n, now(), now(), now(),
                       now() - n * interval '1 day'
                FROM generate_series(1, 105) n;
                """)
            for list in ["jobs", "tickets", "audit"] {
                func lines(_ arguments: String..., json: Bool = true) async throws -> (
                    count: Int, text: String, note: String
                ) {
                    let outcome = try await BuiltProgram.run(
                        [list, "list"] + arguments + (json ? ["--json"] : []), environment: environment)
                    #expect(outcome.status == 0, "\(outcome.error)")
                    return (outcome.output.split(separator: "\n").count, outcome.output, outcome.error)
                }
                let cut = "these are the newest 100, and there are more: --limit, --since and --until show others"
                let text = try await lines(json: false)
                #expect(text.text.hasSuffix("\n\(cut)\n") && text.count == 102 && text.note == "")
                let json = try await lines()
                #expect(json.count == 100 && json.note == "kushim-jira: note: \(cut)\n")
                let whole = try await lines("--limit", "105")
                #expect(whole.count == 105 && whole.note == "")
                #expect(try await lines("--limit", "1", json: false).text.contains("newest 1, and there are more"))
                #expect(try await lines("--until", "2020-01-01").count == 0)
                #expect(try await lines("--since", "2020-01-01T00:00:00Z", "--limit", "200").count == 105)
                if list != "jobs" {
                    #expect(try await lines("--since", "36h").count == (list == "audit" ? 2 : 1))
                    #expect(try await lines("--since", "84h", "--until", "36h").count == 2)
                }
            }
            for wrong in [
                ["--since", "yesterday"], ["--limit", "0"], ["--since", "1d", "--until", "2d"],
                ["--until", "2026-13-01"],
            ] {
                let outcome = try await BuiltProgram.run(["jobs", "list"] + wrong, environment: environment)
                #expect(outcome.status == 64, "\(wrong)")
            }
        }
    }
}
