import Foundation
import Postgres
import TestSupport
import Testing

@testable import Migrations

@Suite("Grants and policies")
struct AccessTests {
    private static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Migrations/access.sql")

    @Test("The file of grants and policies is what the migrations make; KUSHIM_WRITE_ACCESS=1 writes it anew")
    func file() async throws {
        try await TestDatabase.with { database in
            let actual = try await database.pool.execute(ReadAccess())
            if ProcessInfo.processInfo.environment["KUSHIM_WRITE_ACCESS"] != nil {
                try Data((actual.joined(separator: "\n") + "\n").utf8).write(to: Self.file)
                return
            }
            #expect(Set(actual).subtracting(Access.expected).sorted() == [])
            #expect(Set(Access.expected).subtracting(actual).sorted() == [])
        }
    }

    @Test("What a restore into a cluster without the roles loses is noticed, and made again")
    func restore() async throws {
        try await PrivatePostgres.with { old in
            try await old.migrate()
            try await PrivatePostgres.with { new in
                // Where the server's user can write.
                let dump = "\(new.directory)/data/dump.sql"
                try await PrivatePostgres.run(
                    "\(PrivatePostgres.programs)/pg_dump",
                    ["-h", old.directory, "-U", "kushim", "-f", dump, "postgres"])
                try await PrivatePostgres.run(
                    "\(PrivatePostgres.programs)/psql",
                    ["-X", "-q", "-h", new.directory, "-U", "kushim", "-d", "postgres", "-f", dump])
                let migrator = Migrator(new.configuration, logger: .quiet)
                #expect(try await migrator.check() == .current)
                let connection = try await PostgresConnection.connect(new.configuration, logger: .quiet)
                let lost = try await migrator.missingAccess(on: connection)
                #expect(lost.contains("GRANT USAGE ON SCHEMA kushim_jira TO kushim_jira_producer"))

                #expect(try await migrator.repair() == lost)
                #expect(try await migrator.missingAccess(on: connection) == [])
                #expect(try await migrator.repair() == [])
                try await connection.execute(
                    sql: "CREATE ROLE app LOGIN; GRANT kushim_jira_producer TO app; SET ROLE app")
                try await connection.execute(
                    sql: """
                        INSERT INTO kushim_jira.jobs (kind, payload) VALUES ('compliance_pass', '{"controlId": "C-1"}')
                        """)
                let refusal = await #expect(throws: PostgresError.self) {
                    try await connection.execute(
                        sql: "INSERT INTO kushim_jira.jobs (kind, payload) VALUES ('notification', '{}')")
                }
                #expect(refusal?.sqlState == .insufficientPrivilege)
                await connection.close()
            }
        }
    }

    @Test("A dump without any privileges is repaired too, down to what PUBLIC may run")
    func withoutPrivileges() async throws {
        try await TestDatabase.with { database in
            _ = try await database.query(
                """
                GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA kushim_jira TO PUBLIC;
                REVOKE ALL ON ALL TABLES IN SCHEMA kushim_jira FROM kushim_jira_worker, kushim_jira_producer, kushim_jira_auditor;
                DROP POLICY "kind: producers insert compliance_failure and compliance_pass" ON kushim_jira.jobs;
                ALTER TABLE kushim_jira.jobs DISABLE ROW LEVEL SECURITY
                """)
            let before = try await database.pool.execute(ReadAccess())
            #expect(Set(before) != Set(Access.expected))
            _ = try await Migrator(database.configuration, logger: .quiet).repair()
            #expect(Set(try await database.pool.execute(ReadAccess())) == Set(Access.expected))
        }
    }
}
