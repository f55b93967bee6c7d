import Foundation
import Postgres
import TestSupport
import Testing

private struct BackendID: Statement {
    typealias Row = Int32
    static let sql = "SELECT pg_backend_pid()"
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Int32 { try columns.next() }
}

private struct Sleep: Statement {
    static let sql = "SELECT FROM pg_sleep(600)"
}

/// Servers that hold the connection and say nothing: stopped processes, half-open connections.
@Suite struct SilentServerTests {
    /// Stops the connection's backend for the time of the body.
    private func whileStopped(_ connection: PostgresConnection, _ body: () async -> PostgresError?) async throws
        -> PostgresError?
    {
        let backend = try await connection.execute(BackendID())[0]
        kill(backend, SIGSTOP)
        defer { kill(backend, SIGCONT) }
        return await body()
    }

    private func failure(_ body: () async throws(PostgresError) -> Void) async -> PostgresError? {
        do {
            try await body()
            return nil
        } catch {
            return error
        }
    }

    @Test func aServerThatStopsAnsweringLosesTheConnection() async throws {
        try await PrivatePostgres.with { server in
            var configuration = server.configuration
            configuration.statementTimeout = .milliseconds(100)
            configuration.answerGrace = .milliseconds(100)
            let connection = try await PostgresConnection.connect(configuration, logger: .quiet)
            let error = try await whileStopped(connection) {
                await failure { () async throws(PostgresError) in try await connection.execute(Sleep()) }
            }
            #expect(error?.kind == .connectionLost)
            #expect(error?.message.contains("does not answer") == true)
            #expect(
                await failure { () async throws(PostgresError) in try await connection.ping() }?.kind == .connectionLost
            )
        }
    }

    @Test func aCancelledTaskDoesNotWaitForAServerThatIsSilent() async throws {
        try await PrivatePostgres.with { server in
            var configuration = server.configuration
            configuration.answerGrace = .milliseconds(100)
            let connection = try await PostgresConnection.connect(configuration, logger: .quiet)
            let error = try await whileStopped(connection) {
                let sleeper = Task { try await connection.execute(Sleep()) }
                sleeper.cancel()
                return await sleeper.result.failure as? PostgresError
            }
            #expect(error?.kind == .cancelled)
        }
    }

    @Test func theServersStatementTimeoutIsATimeout() async throws {
        try await TestDatabase.with(migrated: false) { database in
            var configuration = database.configuration
            configuration.statementTimeout = .milliseconds(50)
            let connection = try await PostgresConnection.connect(configuration, logger: .quiet)
            let error = await failure { () async throws(PostgresError) in try await connection.execute(Sleep()) }
            #expect(error?.kind == .timedOut)
            #expect(error?.statement == "Sleep")
            try await connection.ping()
            await connection.close()
        }
    }

    @Test func theConnectionStringsOwnStatementTimeoutIsLeftAlone() async throws {
        try await TestDatabase.with(migrated: false) { database in
            var configuration = database.configuration
            configuration.conninfo += " options='-c statement_timeout=7s'"
            let connection = try await PostgresConnection.connect(configuration, logger: .quiet)
            #expect(try await connection.text(sql: "SHOW statement_timeout") == [["7s"]])
            await connection.close()
        }
    }

    @Test func connectingCanBeCancelled() async throws {
        // Takes connections (the backlog does) and never says a word.
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = bind(listener, address, length)
                _ = getsockname(listener, address, &length)
            }
        }
        #expect(listen(listener, 8) == 0)
        var configuration = PostgresConfiguration(
            conninfo:
                "host=127.0.0.1 port=\(UInt16(bigEndian: address.sin_port)) user=x sslmode=disable gssencmode=disable")
        configuration.connectTimeout = .seconds(600)
        let connecting = Task { [configuration] in try await PostgresConnection.connect(configuration, logger: .quiet) }
        connecting.cancel()
        #expect((await connecting.result.failure as? PostgresError)?.kind == .cancelled)

        let pool = PostgresPool(configuration, size: 1, acquisitionLimit: .milliseconds(50), logger: .quiet)
        let error = await #expect(throws: PostgresError.self) { try await pool.ping() }
        #expect(error?.kind == .timedOut)
        await pool.close()
    }
}

extension Result {
    fileprivate var failure: Failure? {
        if case .failure(let error) = self { return error }
        return nil
    }
}
