import Foundation
import Logging
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import Migrations

@Suite("Migrating beside sessions that hold locks")
struct BlockedTests {
    private let next = Migration(
        version: 99, name: "next", file: Array("ALTER TABLE kushim_jira.tickets ADD COLUMN added integer".utf8))

    @Test("A migration that must wait names whom it waits for, and stops nobody meanwhile")
    func stopsNobody() async throws {
        try await TestDatabase.with { database in
            let idle = try await PostgresConnection.connect(
                PostgresConfiguration(
                    conninfo: database.configuration.conninfo
                        + " application_name=reporting options='-c statement_timeout=0'"),
                logger: .quiet)
            try await idle.execute(sql: "SET idle_in_transaction_session_timeout = 0")
            try await idle.execute(sql: "BEGIN")
            try await idle.execute(sql: "SELECT count(*) FROM kushim_jira.tickets")
            let told = Mutex<[String]>([])
            let migrator = Migrator(
                database.configuration, migrations: Migrations.all + [next], patience: .seconds(600), logger: .quiet
            ) { message in told.withLock { $0.append(message) } }
            let migrating = Task { try await migrator.migrate() }
            defer { migrating.cancel() }
            try await eventually("it has told whom it waits for") { told.withLock { !$0.isEmpty } }
            // Whoever reads tickets is served while the migration goes on trying, and the idle transaction stays.
            for _ in 1...20 {
                #expect(try await database.value("SELECT count(*) FROM kushim_jira.tickets") == "0")
            }
            let words = told.withLock { $0[0] }
            #expect(words.contains("(reporting)") && words.contains("idle in transaction"), "\(words)")
            #expect(words.contains("SELECT count(*) FROM kushim_jira.tickets"), "\(words)")
            #expect(words.contains(/session \d+ of kushim/), "\(words)")
            try await idle.execute(sql: "COMMIT")
            #expect(try await migrating.value == [next])
            await idle.close()
        }
    }

    @Test("One that is kept from its locks for too long gives up, says who it was, and has changed nothing")
    func givesUp() async throws {
        try await TestDatabase.with { database in
            let other = try await PostgresConnection.connect(database.configuration, logger: .quiet)
            try await other.execute(sql: "BEGIN; LOCK TABLE kushim_jira.tickets")
            let migrator = Migrator(
                database.configuration, migrations: Migrations.all + [next], patience: .milliseconds(1), logger: .quiet)
            let error = await #expect(throws: MigrationError.self) { try await migrator.migrate() }
            #expect(error?.kind == .blocked)
            #expect(
                error?.description.contains("LOCK TABLE kushim_jira.tickets") == true, "\(error?.description ?? "")")
            #expect(error?.description.contains("pg_terminate_backend") == true)
            await other.close()
            #expect(try await migrator.check() == .behind(missing: [next.fileName]))
        }
    }
}
