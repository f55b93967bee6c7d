import Foundation
import TestSupport
import Testing

@testable import Daemon

/// Where two settings say one thing, the one that decides nothing is told.
@Suite struct TwoSourcesTests {
    private func warnings(_ environment: [String: String], _ yaml: String? = nil) async throws -> BuiltProgram.Outcome {
        let scratch = try Scratch()
        var environment = environment
        if let yaml { environment["KUSHIM_JIRA_CONFIG"] = try scratch.file("config.yaml", yaml) }
        return try await BuiltProgram.run(["config", "check"], environment: environment)
    }

    @Test(arguments: [
        (
            [
                "JIRA_DOMAIN": "acme.atlassian.net", "JIRA_BASE_URL": "https://jira.acme.com", "JIRA_TYPE": "server",
                "JIRA_PAT": "x",
            ],
            "JIRA_BASE_URL is used (https://jira.acme.com), and JIRA_DOMAIN (acme.atlassian.net) is not"
        ),
        (
            ["JIRA_DOMAIN": "acme.atlassian.net", "JIRA_EMAIL": "a@b.c", "JIRA_API_TOKEN": "x", "JIRA_PAT": "y"],
            "JIRA_API_TOKEN is used, and JIRA_PAT is not, since this Jira is Cloud"
        ),
        (
            [
                "JIRA_BASE_URL": "https://jira.acme.com", "JIRA_TYPE": "server", "JIRA_PAT": "x", "JIRA_USERNAME": "u",
                "JIRA_PASSWORD": "p",
            ],
            "JIRA_PAT is used, and JIRA_PASSWORD is not"
        ),
        (
            ["JIRA_BASE_URL": "https://jira.acme.com", "JIRA_PAT": "x", "JIRA_EMAIL": "a@b.c", "JIRA_API_TOKEN": "y"],
            "set JIRA_TYPE, or keep one of them"
        ),
    ])
    func ofJira(_ environment: [String: String], _ words: String) async throws {
        let outcome = try await warnings(environment)
        #expect(outcome.status == 0)
        #expect(outcome.error.contains("warning: ") && outcome.error.contains(words), "\(outcome.error)")
    }

    @Test func ofOneSecret() async throws {
        let scratch = try Scratch()
        _ = try scratch.file("jira_pat", "fresh-secret\n")
        let base = [
            "JIRA_BASE_URL": "https://jira.acme.com", "JIRA_TYPE": "server", "CREDENTIALS_DIRECTORY": scratch.path,
        ]
        let quiet = try await warnings(base)
        #expect(quiet.status == 0 && quiet.error == "")
        let hidden = try await warnings(base.merging(["JIRA_PAT": "stale-secret"]) { $1 })
        #expect(
            hidden.error.contains(
                "jira.pat is given twice: environment JIRA_PAT is used, and credential \(scratch.path)/jira_pat is not")
        )
        let file = try await warnings(base, "jira: {pat: stale-secret}\n")
        #expect(
            file.error.contains("jira.pat is given twice: credential ") && file.error.contains("config.yaml:1 is not"))
        let both = try await warnings(
            ["JIRA_BASE_URL": "https://jira.acme.com"], "jira: {type: server, pat: a, pat_file: /x}\n")
        #expect(both.status == 78 && both.error.contains("given twice, as jira.pat and as jira.pat_file"))
        for outcome in [hidden, file] {
            #expect(!outcome.error.contains("secret\n") && !outcome.error.contains("stale-secret"))
        }
    }

    @Test func oneThatSaysTheSameIsNoTrouble() async throws {
        let outcome = try await warnings([
            "JIRA_DOMAIN": "jira.acme.com", "JIRA_BASE_URL": "https://jira.acme.com:8443/jira", "JIRA_TYPE": "server",
            "JIRA_PAT": "x",
        ])
        #expect(outcome.status == 0 && outcome.error == "")
    }

    @Test(arguments: [
        "postgres//x", "postgresql:/u:S3CRET@host/db", "host=a password=S3CRET oops", "postgresql://u:S3CRET@[::1/db",
        "nonsense=1",
        "S3CRET@host/db", " ",
    ])
    func aConnectionStringThatLibpqCannotReadIsNotValid(_ text: String) async throws {
        let outcome = try await warnings(["DATABASE_URL": text])
        #expect(outcome.status == 78, "\(outcome.output)")
        #expect(outcome.error.contains("DATABASE_URL: is "))
        #expect(!outcome.error.contains("S3CRET"))
    }

    @Test(arguments: [
        "kushim", "host=/tmp user=a", "postgresql:///kushim", "postgres://u:p%40x@h1,h2:5433/db?sslmode=require",
    ])
    func oneThatItCanReadIs(_ text: String) async throws {
        #expect(try await warnings(["DATABASE_URL": text]).status == 0)
    }

    @Test func aReloadNamesTheCredentialsThatItCannotHaveRenewed() throws {
        let scratch = try Scratch()
        let path = try scratch.file("jira_pat", "one\n")
        let environment = [
            "JIRA_BASE_URL": "https://jira.acme.com", "JIRA_TYPE": "server", "CREDENTIALS_DIRECTORY": scratch.path,
        ]
        let loaded = try LoadedConfiguration.load(path: nil, environment: environment, defaultPath: "/nowhere")
        func changed(_ date: Date) throws {
            try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: path)
        }
        let start = Date.now
        try changed(start - 60)
        #expect(loaded.credentialsAsAtStart(start) == ["jira_pat"])
        try changed(start + 60)
        #expect(loaded.credentialsAsAtStart(start) == [], "a service manager that refreshes them")
    }

    @Test func andSaysSoInTheLogAndTheStatus() async throws {
        let scratch = try Scratch()
        let inbox = try NotifySocket(isAbstract: true)
        _ = try scratch.file("jira_pat", "one\n")
        try await TestDatabase.with { database in
            let program = TestSupport.Program(
                name: "daemon", executable: try BuiltProgram.url().path, arguments: ["run", "--listen", "off"],
                directory: scratch.path)
            try program.start(
                environment: [
                    "DATABASE_URL": database.configuration.conninfo, "JIRA_BASE_URL": "http://127.0.0.1:9",
                    "JIRA_TYPE": "server",
                    "CREDENTIALS_DIRECTORY": scratch.path,
                ].merging(inbox.environment) { $1 })
            defer { program.send(SIGKILL) }
            try await database.wait(for: "SELECT count(*) FROM kushim_jira.workers WHERE state = 'up'", toBe: "1")
            program.send(SIGHUP)
            var said = ""
            while !said.contains("reloaded") { said = try await inbox.nextAsync() }
            #expect(
                said.contains("but for credentials (jira_pat): after a change of those restart the service"), "\(said)")
            let log = try String(contentsOfFile: program.logPath, encoding: .utf8)
            #expect(log.contains("systemd copies them only then") && log.contains("jira_pat"))
            #expect(await program.end(SIGTERM))
        }
    }
}
