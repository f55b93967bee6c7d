import Foundation
import Glibc
import Logging
import Postgres
import TestSupport
import Testing

@testable import Daemon

/// What is wrong at the start and may mend itself never ends the service for good.
@Suite struct StartTests {
    private let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func daemon(
        _ conninfo: String, listen: String = "off", _ scratch: Scratch, _ extra: [String: String] = [:]
    ) throws -> TestSupport.Program {
        let program = TestSupport.Program(
            name: "daemon", executable: try BuiltProgram.url().path, arguments: ["run", "--listen", listen],
            directory: scratch.path)
        try program.start(environment: ["DATABASE_URL": conninfo].merging(extra) { $1 })
        return program
    }

    private func log(_ program: TestSupport.Program) -> String {
        (try? String(contentsOfFile: program.logPath, encoding: .utf8)) ?? ""
    }

    private func waits(_ program: TestSupport.Program, for words: String) async throws {
        try await eventually("the log says: \(words)") { log(program).contains(words) }
        #expect(program.reap() == nil, "it goes on: \(log(program))")
    }

    @Test func aTakenMetricsPortCostsMetricsAndNoTicketAndIsTakenOnceItIsFree() async throws {
        let scratch = try Scratch()
        let inbox = try NotifySocket(isAbstract: true)
        let taken = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic -> UInt16 in
                bind(taken, generic, length)
                listen(taken, 1)
                getsockname(taken, generic, &length)
                return UInt16(bigEndian: pointer.pointee.sin_port)
            }
        }
        try await TestDatabase.with { database in
            let program = try daemon(
                database.configuration.conninfo, listen: "127.0.0.1:\(port)", scratch, inbox.environment)
            defer { program.send(SIGKILL) }
            try await database.wait(for: "SELECT count(*) FROM kushim_jira.workers WHERE state = 'up'", toBe: "1")
            try await waits(program, for: "cannot listen on 127.0.0.1:\(port)")
            var said = ""
            while !said.hasPrefix("READY=1") || !said.contains("cannot listen on") {
                said = try await inbox.nextAsync()
            }
            #expect(said.contains("jobs in hand"))
            close(taken)
            try await waits(program, for: "listening address=127.0.0.1:\(port)")
            #expect(await program.end(SIGTERM))
        }
    }

    @Test func aShutConnectionStandsInTheStatusAndInReadyz() async throws {
        let scratch = try Scratch()
        let inbox = try NotifySocket(isAbstract: true)
        try await TestDatabase.with { database in
            _ = try await database.query(
                """
                INSERT INTO kushim_jira.gates (scope, customer_id, cause, reason, remedy, closed_until)
                VALUES ('jira https://acme.example', 'default', 'credentials', 'the token was refused', '', now() + '1 h')
                """)
            let program = try daemon(database.configuration.conninfo, listen: "127.0.0.1:0", scratch, inbox.environment)
            defer { program.send(SIGKILL) }
            var said = ""
            while !said.contains("held up") { said = try await inbox.nextAsync() }
            #expect(said.contains("held up: jira https://acme.example (credentials): the token was refused"))
            #expect(said.contains("jobs in hand"))
            let port = try #require(log(program).firstMatch(of: /listening address=127.0.0.1:(\d+)/)?.1)
            let answer = try await BuiltProgram.fetch("http://127.0.0.1:\(port)/readyz")
            #expect(answer.status == 200 && answer.body.contains("the token was refused"), "\(answer)")
            #expect(await program.end(SIGTERM))
        }
    }

    @Test func aRefusedPasswordIsTriedAgainAndThenLeftToTheServiceManager() async throws {
        let scratch = try Scratch()
        try await PrivatePostgres.with { server in
            try await server.migrate()
            let owner = try await PostgresConnection.connect(server.configuration, logger: quiet)
            try await owner.execute(sql: "CREATE ROLE daemon LOGIN PASSWORD 'old' IN ROLE kushim_jira_worker")
            try await server.setAccessRules("local all daemon scram-sha-256\nlocal all all trust")
            let conninfo = "host=\(server.directory) user=daemon dbname=postgres password=new-password"
            let gate = DatabaseGate(postgres: PostgresConfiguration(conninfo: conninfo), logger: quiet)
            try await eventually("the server asks for a password") {
                do {
                    try await gate.pass(within: .zero)
                    return false
                } catch let failure as CommandFailure {
                    return failure.status == .refused
                }
            }
            let program = try daemon(conninfo, scratch)
            defer { program.send(SIGKILL) }
            try await waits(program, for: "waiting for the database")
            #expect(!log(program).contains("new-password"))
            try await owner.execute(sql: "ALTER ROLE daemon PASSWORD 'new-password'")
            try await waits(program, for: "registered")
            #expect(await program.end(SIGTERM))
            await owner.close()
        }
        let unit = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("systemd/kushim-jira.service")
        let prevented = try #require(
            try String(contentsOf: unit, encoding: .utf8).split(separator: "\n")
                .first { $0.hasPrefix("RestartPreventExitStatus=") }
        ).split(separator: "=")[1].split(separator: " ").compactMap { Int32($0) }
        for status in [ExitStatus.refused, .unavailable, .problemFound] {
            #expect(!prevented.contains(status.rawValue))
        }
        #expect(prevented.contains(ExitStatus.configuration.rawValue))
    }

    @Test func exhaustedConnectionsAndASchemaThatIsNotThereYetAreAwaited() async throws {
        let scratch = try Scratch()
        try await PrivatePostgres.with(settings: ["max_connections=12", "superuser_reserved_connections=3"]) { server in
            let owner = try await PostgresConnection.connect(server.configuration, logger: quiet)
            try await owner.execute(sql: "CREATE ROLE daemon LOGIN")
            let conninfo = "host=\(server.directory) user=daemon dbname=postgres"
            var held: [PostgresConnection] = []
            while let one = try? await PostgresConnection.connect(
                PostgresConfiguration(conninfo: conninfo), logger: quiet)
            {
                held.append(one)
            }
            #expect(held.count >= 5)
            let program = try daemon(conninfo, scratch)
            defer { program.send(SIGKILL) }
            try await waits(program, for: "waiting for the database")
            for one in held { await one.close() }
            try await waits(program, for: "has no schema kushim_jira")
            try await server.migrate()
            try await owner.execute(sql: "GRANT kushim_jira_worker TO daemon")
            try await waits(program, for: "registered")
            #expect(await program.end(SIGTERM))
            await owner.close()
        }
    }

    @Test func afterItsTimeTheStartFailsWithAStatusAfterWhichTheServiceManagerTriesAgain() async throws {
        try await TestDatabase.with(migrated: false) { database in
            let gate = DatabaseGate(postgres: database.configuration, logger: quiet)
            let missing = await #expect(throws: CommandFailure.self) { try await gate.pass(within: .zero) }
            #expect(missing?.status == .unavailable)
            #expect(missing?.hint == "run: kushim-jira migrate")
        }
        let away = DatabaseGate(postgres: PostgresConfiguration(conninfo: "host=/nowhere/at/all"), logger: quiet)
        let failure = await #expect(throws: CommandFailure.self) { try await away.pass(within: .zero) }
        #expect(failure?.status == .unavailable)
    }
}
