import Migrations
import Postgres
import TestSupport
import Testing

@Suite("Whatever the role and the database carry: migrating and producing")
struct CarriedSettingsTests {
    @Test("A migration makes the same schema, by PostgreSQL's own words only", arguments: CarriedSettings.rounds)
    func migrating(round: Int) async throws {
        let usual = try await TestDatabase.with { try await Self.definitions(in: $0) }
        try await TestDatabase.with(migrated: false) { database in
            try await HostileSchema.build(in: database)
            try await database.withLogin([], ownsDatabase: true) { login, configuration in
                try await CarriedSettings.give(round, to: login, in: database)
                _ = try await Migrator(configuration, logger: .quiet).migrate()
                #expect(try await HostilePathTests.strangers(in: database) == [])
                let definitions = try await Self.definitions(in: database)
                #expect(definitions.count == usual.count)
                for (one, other) in zip(definitions, usual) where one != other {
                    Issue.record("\(one) is not \(other)")
                }
            }
        }
    }

    /// All that was understood when it was made.
    private static func definitions(in database: TestDatabase) async throws -> [[String?]] {
        try await database.query(
            """
            SELECT * FROM (
                SELECT 'function', proname::text, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'kushim_jira'::regnamespace
                UNION ALL SELECT 'constraint', conrelid::regclass || ' ' || conname, pg_get_constraintdef(oid)
                FROM pg_constraint WHERE connamespace = 'kushim_jira'::regnamespace
                UNION ALL SELECT 'index', indexrelid::regclass::text, pg_get_indexdef(indexrelid)
                FROM pg_index JOIN pg_class ON oid = indexrelid WHERE relnamespace = 'kushim_jira'::regnamespace
                UNION ALL SELECT 'view', relname, pg_get_viewdef(oid)
                FROM pg_class WHERE relnamespace = 'kushim_jira'::regnamespace AND relkind = 'v'
                UNION ALL SELECT 'policy', polname, pg_get_expr(polwithcheck, polrelid) FROM pg_policy
                UNION ALL SELECT 'column', attrelid::regclass || '.' || attname,
                                 format_type(atttypid, atttypmod) || ' ' || coalesce(pg_get_expr(adbin, adrelid), '')
                FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid LEFT JOIN pg_attrdef d ON adrelid = attrelid AND adnum = attnum
                WHERE relnamespace = 'kushim_jira'::regnamespace AND attnum > 0 AND NOT attisdropped
            ) AS d (kind, name, definition) ORDER BY 1, 2, 3
            """)
    }

    /// A setting may make an insert fail, as read-only does. It may not have it admitted otherwise than usual.
    @Test("Whatever a producer sets, its jobs stand in one place each, and a bad one in none")
    func producing() async throws {
        try await TestDatabase.with { database in
            try await HostileSchema.build(in: database)
            let settings = try await CarriedSettings.all(in: database)
            #expect(settings.count > 60)
            try await database.withLogin(["kushim_jira_producer"]) { _, configuration in
                for (name, values) in settings where !name.hasSuffix("timeout") && name != "exit_on_error" {
                    for value in values {
                        try await database.withSession(configuration) { session in
                            let written = value.isEmpty ? "''" : name == "search_path" ? value : "'\(value)'"
                            try await session.execute(sql: "SET \(name) = \(written)")
                            for (columns, row) in Self.good {
                                try? await session.execute(sql: Self.insert(columns, row))
                            }
                            for (columns, row) in Self.bad {
                                await #expect(throws: PostgresError.self, "\(name) = \(value): \(row)") {
                                    try await session.execute(sql: Self.insert(columns, row))
                                }
                            }
                        }
                    }
                }
            }
            let misplaced = try await database.query(
                """
                SELECT j.id FROM kushim_jira.jobs j LEFT JOIN (
                    SELECT job_id FROM kushim_jira.ready UNION ALL SELECT job_id FROM kushim_jira.scheduled) p ON p.job_id = j.id
                GROUP BY j.id HAVING count(p.job_id) <> 1
                """)
            #expect(misplaced == [])
            #expect(try await database.value("SELECT count(*) > 200 FROM kushim_jira.jobs") == "t")
        }
    }

    private static func insert(_ columns: String, _ row: String) -> String {
        "INSERT INTO kushim_jira.jobs (kind, customer_id, payload\(columns)) VALUES (\(row))"
    }
    private static let failure = """
        "controlId": "CC6.1", "controlTitle": "MFA", "severity": "high", "failureReason": "none"
        """
    private static let good = [
        ("", "'compliance_failure', 'acme', '{\(failure), \"detectedAt\": \"2026-11-23T10:00:00Z\"}'"),
        ("", "'compliance_failure', 'acme', '{\(failure), \"detectedAt\": \"2026-11-23\"}'"),
        (", run_at", "'compliance_pass', 'acme', '{\"controlId\": \"CC6.1\"}', '2999-01-01'"),
    ]
    private static let bad = [
        ("", "'compliance_failure', 'acme', '{\(failure), \"detectedAt\": \"soon\"}'"),
        ("", "'compliance_failure', 'acme', '{\(failure), \"controlTitle\": \"  \"}'"),
        ("", "'compliance_failure', '  ', '{\(failure)}'"), ("", "'notification', 'acme', '{}'"),
    ]
}
