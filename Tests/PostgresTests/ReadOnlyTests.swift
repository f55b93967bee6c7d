import Foundation
import Postgres
import TestSupport
import Testing

private struct IsInRecovery: Statement {
    typealias Row = Bool
    static let sql = "SELECT pg_is_in_recovery()"
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Bool { try columns.next() }
}

private struct Note: Statement {
    static let sql = "INSERT INTO public.notes DEFAULT VALUES"
}

/// Servers and sessions that take no writes.
@Suite struct ReadOnlyTests {
    private func isInRecovery(_ conninfo: String) async throws -> Bool? {
        let connection = try await PostgresConnection.connect(
            PostgresConfiguration(conninfo: conninfo), logger: .quiet)
        defer { Task { await connection.close() } }
        return try await connection.execute(IsInRecovery()).first
    }

    @Test("A standby is passed over wherever it stands in the list, unless the connection string asks for it")
    func standbys() async throws {
        try await PrivatePostgres.with { primary in
            try await primary.withStandby { standby in
                let rest = "user=kushim dbname=postgres"
                let both = "host=\(standby.directory),\(primary.directory) \(rest)"
                #expect(try await isInRecovery(both) == false)
                #expect(try await isInRecovery("\(both) target_session_attrs=any") == true)
                #expect(try await isInRecovery("\(both) target_session_attrs=standby") == true)
                let pool = PostgresPool(PostgresConfiguration(conninfo: both), size: 2, logger: .quiet)
                try await pool.withConnection { try await $0.execute(sql: "CREATE TABLE public.notes ()") }
                _ = try await pool.execute(Note())
                await pool.close()

                let alone = await #expect(throws: PostgresError.self) {
                    try await isInRecovery("host=\(standby.directory) \(rest)")
                }
                #expect(alone?.sqlState == SQLState(rawValue: "25006"))
                #expect(alone?.isRetryable == true)
                #expect(alone?.description.contains("name the primary among the hosts") == true)
            }
        }
    }

    @Test("A session that the server has made read-only is not lent again")
    func sessions() async throws {
        try await TestDatabase.with(migrated: false, poolSize: 1) { database in
            try await database.pool.withConnection { try await $0.execute(sql: "CREATE TABLE public.notes ()") }
            try await database.pool.withConnection {
                try await $0.execute(sql: "SET default_transaction_read_only = on")
            }
            let error = await #expect(throws: PostgresError.self) { try await database.pool.execute(Note()) }
            #expect(error?.sqlState == SQLState(rawValue: "25006"))
            #expect(error?.isRetryable == true)
            _ = try await database.pool.execute(Note())
            #expect(try await database.value("SELECT count(*) FROM public.notes") == "1")
        }
    }

    @Test(
        "A default of the database that makes sessions read-only does not keep ours from writing",
        arguments: [false, true])
    func defaults(ofRole: Bool) async throws {
        try await TestDatabase.with(migrated: false, poolSize: 1) { database in
            let login = "r_\(database.name)"
            try await database.pool.withConnection { try await $0.execute(sql: "CREATE TABLE public.notes ()") }
            try await TestDatabase.administer("CREATE ROLE \(login) LOGIN SUPERUSER")
            try await TestDatabase.administer(
                "ALTER \(ofRole ? "ROLE \(login)" : "DATABASE \(database.name)") SET default_transaction_read_only = on"
            )
            var configuration = database.configuration
            configuration.conninfo += " user=\(login)"
            let pool = PostgresPool(configuration, size: 1, acquisitionLimit: .seconds(20), logger: .quiet)
            await #expect(throws: Never.self) { try await pool.execute(Note()) }
            await pool.close()
            try await TestDatabase.administer("ALTER DATABASE \(database.name) RESET ALL")
            try await TestDatabase.administer("DROP ROLE \(login)")
        }
    }
}
