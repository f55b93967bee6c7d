import Foundation
import FoundationNetworking
import Postgres
import TestSupport
import Testing

@testable import Daemon

/// `/readyz` of the built daemon, while its database fails in the ways that databases fail.
@Suite struct ReadinessTests {
    private struct Scene: Sendable {
        let program: TestSupport.Program
        let port: Int
        let connection: PostgresConnection

        func readyz() async throws -> (status: Int, body: String) {
            let url = try #require(URL(string: "http://127.0.0.1:\(port)/readyz"))
            let (data, response) = try await URLSession.shared.data(for: URLRequest(url: url))
            return ((response as? HTTPURLResponse)?.statusCode ?? 0, String(decoding: data, as: UTF8.self))
        }

        func becomes(_ status: Int, saying words: String = "") async throws {
            try await eventually("/readyz is \(status) and says \(words)") {
                guard let answer = try? await readyz() else { return false }
                return answer.status == status && (words.isEmpty || answer.body.contains(words))
            }
        }

        func sql(_ text: String) async throws { try await connection.execute(sql: text) }
    }

    private func scene(
        _ server: PrivatePostgres, shell: String = "", _ body: @Sendable (Scene) async throws -> Void
    ) async throws {
        try await server.migrate()
        let scratch = try Scratch()
        let port = Int.random(in: 20_000...29_000)
        let file = try scratch.file(
            "config.yaml", "http: {listen: \"127.0.0.1:\(port)\"}\nworker: {lease: 6s, poll_interval: 1s}\n")
        let path = try BuiltProgram.url().path
        let program = TestSupport.Program(
            name: "daemon", executable: "/bin/sh",
            arguments: ["-c", "\(shell)exec \(path) run --config \(file)"], directory: scratch.path)
        try program.start(environment: [
            "DATABASE_URL": "host=\(server.directory) user=kushim dbname=postgres", "PATH": "/usr/bin:/bin",
        ])
        let connection = try await PostgresConnection.connect(server.configuration, logger: .quiet)
        let scene = Scene(program: program, port: port, connection: connection)
        do {
            try await scene.becomes(200)
            try await body(scene)
        } catch {
            Issue.record("\(error): \((try? String(contentsOfFile: program.logPath, encoding: .utf8)) ?? "")")
        }
        _ = await program.end(SIGKILL)
        await connection.close()
    }

    private let failure = """
        INSERT INTO kushim_jira.jobs (kind, payload) VALUES ('compliance_failure',
            '{"controlId": "C-1", "controlTitle": "t", "severity": "high", "failureReason": "r"}')
        """

    private let pass = """
        INSERT INTO kushim_jira.jobs (kind, payload) VALUES ('compliance_pass',
            '{"controlId": "C-9", "controlTitle": "t", "detectedAt": "2026-01-01T00:00:00Z"}')
        """

    @Test("Whatever keeps the worker from its work makes it not ready, in words, until that is over")
    func truth() async throws {
        try await PrivatePostgres.with(settings: ["max_connections=40"]) { server in
            try await scene(server) { scene in
                #expect(try await scene.readyz().body.contains("lease: ok\nclaiming: ok\nsettling: ok\njobs: ok"))

                // As a full disk refuses it; first what is claimed, then what is settled.
                for (table, words) in [
                    ("leases", "claiming: claiming jobs keeps failing"), ("scheduled", "settling: how jobs ended"),
                ] {
                    try await scene.sql(
                        """
                        CREATE OR REPLACE FUNCTION public.full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
                        BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;
                        CREATE TRIGGER full_disk BEFORE INSERT ON kushim_jira.\(table) EXECUTE FUNCTION public.full_disk();
                        """)
                    try await scene.sql(failure)
                    try await scene.becomes(503, saying: words)
                    #expect(try await scene.readyz().body.contains("No space left on device"))
                    try await scene.sql("DROP TRIGGER full_disk ON kushim_jira.\(table)")
                    try await scene.becomes(200)
                }

                // Nobody can use the tickets any more; the daemon has no Jira, and comes no further than to a ticket that passes.
                try await scene.sql("ALTER TABLE kushim_jira.tickets RENAME COLUMN resource TO gone")
                try await scene.sql(pass)
                try await scene.becomes(503, saying: "jobs: jobs wait for the database")
                try await scene.sql("ALTER TABLE kushim_jira.tickets RENAME COLUMN gone TO resource")
                try await scene.sql("UPDATE kushim_jira.scheduled SET run_at = now()")
                try await scene.becomes(200)

                // A stranger has locked them, and waits for nothing.
                let stranger = try await PostgresConnection.connect(
                    PostgresConfiguration(conninfo: server.configuration.conninfo, applicationName: "a report"),
                    logger: .quiet)
                try await stranger.execute(
                    sql: "SET idle_in_transaction_session_timeout = 0; BEGIN; LOCK TABLE kushim_jira.tickets")
                try await scene.sql(pass)
                try await scene.becomes(503, saying: "of kushim (a report), idle in transaction")
                await stranger.close()
                try await scene.sql("UPDATE kushim_jira.scheduled SET run_at = now()")
                try await scene.becomes(200)

                // A synchronous standby is gone: whoever commits waits.
                try await scene.sql("ALTER SYSTEM SET synchronous_standby_names = 'gone'")
                try await scene.sql("SELECT pg_reload_conf()")
                try await scene.becomes(503, saying: "lease: this worker has no lease")
                try await scene.sql("ALTER SYSTEM RESET synchronous_standby_names")
                try await scene.sql("SELECT pg_reload_conf()")
                try await scene.becomes(200)

                // The server goes away.
                try await server.stop("immediate")
                try await scene.becomes(503, saying: "database: ")
                try await server.start()
                try await scene.becomes(200)
            }
        }
    }

    @Test("Being asked 1,500 times costs no connection, and few descriptors leave the database its own")
    func cheap() async throws {
        try await PrivatePostgres.with(settings: ["max_connections=20"]) { server in
            try await scene(server, shell: "ulimit -n 96; ") { scene in
                let sockets = try (1...200).map { _ in try OpenSocket(port: scene.port) }
                let count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'kushim-jira'"
                let before = Int(try await scene.connection.text(sql: count)[0][0] ?? "") ?? 0
                for _ in 1...15 {
                    await withTaskGroup(of: Int.self) { group in
                        for _ in 1...100 { group.addTask { (try? await scene.readyz().status) ?? 0 } }
                        for await status in group { #expect(status == 200) }
                    }
                }
                let after = Int(try await scene.connection.text(sql: count)[0][0] ?? "") ?? 0
                #expect(after <= before + 1, "\(before) before, \(after) after")
                withExtendedLifetime(sockets) {}
            }
        }
    }

    @Test("check says that the server takes no writes")
    func standby() async throws {
        try await PrivatePostgres.with { primary in
            try await primary.migrate()
            try await primary.withStandby { standby in
                for (attributes, words) in [
                    ("", "server is in hot standby mode"), (" target_session_attrs=any", "takes no writes"),
                ] {
                    let outcome = try await BuiltProgram.run(
                        ["check"],
                        environment: [
                            "DATABASE_URL": "host=\(standby.directory) user=kushim dbname=postgres\(attributes)"
                        ])
                    #expect(outcome.status == 69)
                    #expect(outcome.output.contains(words), "\(outcome.output)")
                }
            }
        }
    }
}

/// Held open and silent.
private final class OpenSocket: Sendable {
    private let socket: Int32

    init(port: Int) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket, $0, size) }
        }
    }

    deinit { close(socket) }
}
