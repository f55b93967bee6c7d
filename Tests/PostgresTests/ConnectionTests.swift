import Foundation
import Postgres
import TestSupport
import Testing

private struct BackendID: Statement {
    typealias Row = Int32

    static let sql = "SELECT pg_backend_pid()"
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Int32 { try columns.next() }
}

@Suite struct ConnectionTests {
    private func failure(_ conninfo: String) async -> PostgresError? {
        var configuration = PostgresConfiguration(conninfo: conninfo)
        configuration.connectTimeout = .seconds(3)
        do {
            await (try PostgresConnection.connect(configuration, logger: .quiet)).close()
            return nil
        } catch {
            return error
        }
    }

    @Test func whatCannotBeReachedSaysWhy() async throws {
        #expect(await failure("host=127.0.0.1 port=1 user=x password=secret")?.kind == .cannotConnect)
        #expect(await failure("host=no-such-host.invalid user=x password=secret")?.kind == .cannotConnect)
        let unreadable = await failure("postgresql://x:secret@[::1")
        #expect(unreadable?.kind == .cannotConnect)
        #expect(unreadable?.description.contains("secret") == false)
        try await TestDatabase.with(migrated: false) { database in
            let error = await failure("\(database.configuration.conninfo)x")
            #expect(error?.kind == .cannotConnect)
            #expect(error?.message.contains("does not exist") == true)
        }
    }

    @Test func aWrongPasswordIsRefusedCredentials() async throws {
        try await PrivatePostgres.with { server in
            let pool = PostgresPool(server.configuration, size: 1, logger: .quiet)
            try await pool.withConnection { try await $0.execute(sql: "CREATE ROLE guarded LOGIN PASSWORD 'right'") }
            try await server.setAccessRules("local all guarded scram-sha-256\nlocal all all trust")
            let wrong = await failure("host=\(server.directory) user=guarded dbname=postgres password=wr0ng")
            #expect(wrong?.kind == .refusedCredentials)
            #expect(wrong?.description.contains("wr0ng") == false)
            #expect(await failure("host=\(server.directory) user=guarded dbname=postgres password=right") == nil)
            #expect(await failure("host=\(server.directory) user=nobody dbname=postgres")?.kind == .refusedCredentials)
            await pool.close()
        }
    }

    @Test func thePoolReplacesConnectionsThatTheServerEnded() async throws {
        try await TestDatabase.with(migrated: false, poolSize: 1) { database in
            let first = try await database.pool.execute(BackendID())[0]
            try await TestDatabase.administer("SELECT pg_terminate_backend(\(first))")
            try await eventually("another connection serves") {
                let now = try? await database.pool.execute(BackendID())[0]
                return now != nil && now != first
            }
        }
    }

    @Test func thePoolServesAgainAfterARestart() async throws {
        try await PrivatePostgres.with { server in
            let pool = PostgresPool(server.configuration, size: 2, acquisitionLimit: .seconds(20), logger: .quiet)
            _ = try await pool.execute(BackendID())
            try await server.stop("immediate")
            async let served = pool.execute(BackendID())
            try await server.start()
            do { _ = try await served } catch let error as PostgresError { #expect(error.isRetryable) }
            _ = try await pool.execute(BackendID())
            await pool.close()
        }
    }

    @Test func neverMoreConnectionsThanTheSizeAndEverybodyIsServed() async throws {
        try await TestDatabase.with(migrated: false, poolSize: 3) { database in
            let backends = try await withThrowingTaskGroup(of: Int32.self) { group in
                for _ in 0..<100 { group.addTask { try await database.pool.execute(BackendID())[0] } }
                return try await group.reduce(into: Set<Int32>()) { $0.insert($1) }
            }
            #expect(backends.count <= 3)
        }
    }

    @Test func aCancelledWaiterLeavesTheQueue() async throws {
        try await TestDatabase.with(migrated: false, poolSize: 1) { database in
            try await database.pool.withConnection { _ in
                let waiter = Task { try await database.pool.execute(BackendID()) }
                waiter.cancel()
                let error = await #expect(throws: PostgresError.self) { try await waiter.value }
                #expect(error?.kind == .cancelled)
            }
            _ = try await database.pool.execute(BackendID())
        }
    }

    @Test func aClosedPoolSaysSo() async throws {
        try await TestDatabase.with(migrated: false) { database in
            await database.pool.close()
            let error = await #expect(throws: PostgresError.self) { try await database.pool.execute(BackendID()) }
            #expect(error?.kind == .poolClosed)
        }
    }

    @Test func theListenerHearsAndComesBack() async throws {
        try await TestDatabase.with(migrated: false) { database in
            let listener = PostgresListener(database.configuration, channel: "kushim_test", logger: .quiet)
            let listening = Task { try await listener.run() }
            var events = listener.events.makeAsyncIterator()
            #expect(await events.next() == .connected)
            _ = try await database.query("NOTIFY kushim_test, 'hello'")
            #expect(await events.next() == .notification(payload: "hello"))
            _ = try await database.query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()"
            )
            #expect(await events.next() == .disconnected)
            #expect(await events.next() == .connected)
            listening.cancel()
            try await listening.value
        }
    }

    @Test func theListenerOutlivesTheServer() async throws {
        try await PrivatePostgres.with { server in
            let listener = PostgresListener(server.configuration, channel: "Kushim \"test\"", logger: .quiet)
            let listening = Task { try await listener.run() }
            var events = listener.events.makeAsyncIterator()
            #expect(await events.next() == .connected)
            try await server.stop("immediate")
            #expect(await events.next() == .disconnected)
            try await server.start()
            #expect(await events.next() == .connected)
            let pool = PostgresPool(server.configuration, size: 1, logger: .quiet)
            try await pool.withConnection { try await $0.execute(sql: "NOTIFY \"Kushim \"\"test\"\"\", 'again'") }
            #expect(await events.next() == .notification(payload: "again"))
            await pool.close()
            listening.cancel()
            try await listening.value
        }
    }
}
