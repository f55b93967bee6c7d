import Postgres
import TestSupport
import Testing

@Suite("The producer's role")
struct ProducerRoleTests {
    private static let failure = """
        INSERT INTO kushim_jira.jobs (kind, customer_id, payload) VALUES ('compliance_failure', 'acme', '{
            "controlId": "CC6.1", "controlTitle": "MFA", "severity": "high", "failureReason": "none"}') RETURNING id
        """

    @Test("Inserts jobs, directly and through enqueue, and reads their states")
    func allowed() async throws {
        try await TestDatabase.with { database in
            try await database.pool.withConnection { connection in
                try await connection.execute(sql: "SET ROLE kushim_jira_producer")
                let id = try #require(try await connection.text(sql: Self.failure).first?.first ?? nil)
                let pass =
                    "SELECT kushim_jira.enqueue('compliance_pass', 'acme', '{\"controlId\": \"CC6.1\"}', unique_key => 'k')"
                let first = try await connection.text(sql: pass)
                #expect(try await connection.text(sql: pass) == first)
                let states = try await connection.text(sql: "SELECT state FROM kushim_jira.job_status WHERE id = \(id)")
                #expect(states == [["available"]])
                try await connection.execute(sql: "RESET ROLE")
            }
        }
    }

    @Test(
        "May do nothing else",
        arguments: [
            "INSERT INTO kushim_jira.jobs (kind, payload) VALUES ('notification', '{}')",
            "INSERT INTO kushim_jira.jobs (kind, payload) VALUES ('sla_alert', '{}')",
            "SELECT kushim_jira.enqueue('recheck', 'acme', '{}')",
            "INSERT INTO kushim_jira.ready (job_id, customer_id, kind, priority) VALUES (1, 'acme', 'compliance_failure', 0)",
            "SELECT payload FROM kushim_jira.jobs", "UPDATE kushim_jira.jobs SET payload = '{}'",
            "DELETE FROM kushim_jira.jobs", "TRUNCATE kushim_jira.jobs", "SELECT * FROM kushim_jira.tickets",
            "SELECT * FROM kushim_jira.audit_log", "DELETE FROM kushim_jira.audit_log",
            "SELECT * FROM kushim_jira.connections", "SELECT nextval('kushim_jira.fence_seq')",
        ])
    func refused(_ sql: String) async throws {
        try await TestDatabase.with { database in
            try await database.pool.withConnection { connection in
                try await connection.execute(sql: "SET ROLE kushim_jira_producer")
                await #expect { try await connection.execute(sql: sql) } throws: { error in
                    (error as? PostgresError)?.sqlState == .insufficientPrivilege
                }
                try await connection.execute(sql: "RESET ROLE")
            }
        }
    }

    /// A job that is in no place would wait for ever.
    @Test("A producer who says that its jobs are placed, as the daemon does, is not heard", arguments: [false, true])
    func placing(bySetRole: Bool) async throws {
        try await TestDatabase.with { database in
            try await database.withLogin(["kushim_jira_producer"]) { _, configuration in
                try await database.withSession(bySetRole ? database.configuration : configuration) { session in
                    if bySetRole { try await session.execute(sql: "SET ROLE kushim_jira_producer") }
                    for word in ["yes", "no", ""] {
                        try await session.execute(sql: "SET kushim_jira.are_placed = '\(word)'")
                        try await session.execute(sql: Self.failure)
                        // In one statement with the row, before and after its other columns are known.
                        try await session.execute(
                            sql: """
                                INSERT INTO kushim_jira.jobs (kind, customer_id, payload)
                                SELECT 'compliance_pass', set_config('kushim_jira.are_placed', 'yes', false), '{"controlId": "CC6.1"}'
                                """)
                    }
                }
            }
            #expect(try await database.value("SELECT count(*) FROM kushim_jira.jobs") == "6")
            #expect(try await database.value("SELECT count(DISTINCT job_id) FROM kushim_jira.ready") == "6")
        }
    }
}
