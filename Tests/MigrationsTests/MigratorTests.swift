import Foundation
import Logging
@testable import Migrations
import Postgres
import TestSupport
import Testing

@Suite("Migrating")
struct MigratorTests {
    @Test("The binary has every file of the folder, in order, with its content")
    func listMatchesFolder() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Migrations/sql")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(Migrations.all.map(\.fileName) == files)
        #expect(Migrations.all.map(\.version) == files.map { Int($0.prefix(4)) })
        for migration in Migrations.all {
            let text = try String(contentsOf: folder.appendingPathComponent(migration.fileName), encoding: .utf8)
            #expect(migration.sql == text, "\(migration.fileName)")
        }
    }

    @Test("An empty database becomes current, and stays as it is the second time")
    func migratesOnce() async throws {
        try await TestDatabase.with(migrated: false) { database in
            let migrator = Migrator(database.configuration, logger: .quiet)
            #expect(try await migrator.check() == .absent)
            #expect(try await migrator.status().allSatisfy { $0.appliedAt == nil })
            let applied = try await migrator.migrate()
            #expect(applied == Migrations.all)
            #expect(try await migrator.check() == .current)
            #expect(try await migrator.migrate().isEmpty)
            #expect(try await migrator.status().allSatisfy { $0.appliedAt != nil && !$0.isChanged })
        }
    }

    @Test("Daemons that start together migrate once between them")
    func migratesConcurrently() async throws {
        try await TestDatabase.with(migrated: false) { database in
            let applied = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<5 {
                    group.addTask { try await Migrator(database.configuration, logger: .quiet).migrate().count }
                }
                return try await group.reduce(0, +)
            }
            #expect(applied == Migrations.all.count)
            #expect(try await Migrator(database.configuration, logger: .quiet).check() == .current)
        }
    }

    @Test("A migration that was altered after it was applied is refused by its name")
    func refusesAlteredFile() async throws {
        try await TestDatabase.with { database in
            _ = try await database.query("UPDATE kushim_jira.migrations SET checksum = 'other' WHERE version = 2")
            let migrator = Migrator(database.configuration, logger: .quiet)
            #expect(try await migrator.check() == .changed(files: ["0002_tickets.sql"]))
            let error = await #expect(throws: MigrationError.self) { try await migrator.migrate() }
            #expect(error?.kind == .changed)
            #expect(error?.description.contains("0002_tickets.sql") == true)
        }
    }

    @Test("An older binary leaves a newer database alone and says so")
    func refusesNewerDatabase() async throws {
        try await TestDatabase.with { database in
            _ = try await database.query(
                "INSERT INTO kushim_jira.migrations (version, name, checksum) VALUES (99, 'future', 'x')")
            let migrator = Migrator(database.configuration, logger: .quiet)
            #expect(try await migrator.check() == .ahead(database: 99, binary: Migrations.all.last?.version ?? 0))
            let error = await #expect(throws: MigrationError.self) { try await migrator.migrate() }
            #expect(error?.description.contains("newer kushim-jira") == true)
        }
    }

    @Test("What a migration did before it failed is undone, and the next run begins with it")
    func failedMigrationLeavesNothing() async throws {
        try await TestDatabase.with { database in
            let broken = Migration(
                version: (Migrations.all.last?.version ?? 0) + 1, name: "broken",
                file: Array("CREATE TABLE kushim_jira.half (); SELECT 1 / 0;".utf8))
            let migrator = Migrator(database.configuration, migrations: Migrations.all + [broken], logger: .quiet)
            let error = await #expect(throws: MigrationError.self) { try await migrator.migrate() }
            #expect(error?.description.contains(broken.fileName) == true)
            #expect(try await database.value("SELECT to_regclass('kushim_jira.half')::text") == nil)
            let state = try await migrator.check()
            #expect(state == .behind(missing: [broken.fileName]))
        }
    }

    @Test("A login that may not create the schema is told what it lacks")
    func namesMissingPrivilege() async throws {
        try await TestDatabase.with(migrated: false) { database in
            let login = "login_\(database.name)"
            try await TestDatabase.administer("CREATE ROLE \(login) LOGIN")
            var configuration = database.configuration
            configuration.conninfo += " user=\(login)"
            let error = await #expect(throws: MigrationError.self) {
                try await Migrator(configuration, logger: .quiet).migrate()
            }
            try await TestDatabase.administer("DROP ROLE \(login)")
            #expect(error?.kind == .insufficientPrivilege)
            #expect(error?.description.contains("CREATEROLE") == true)
        }
    }
}
