import Foundation
import Postgres
import TestSupport
import Testing

/// Least privilege: what stands here is meant, and nothing else is granted.
@Suite("Grants")
struct GrantTests {
    private static let job = "kind customer_id payload run_at priority unique_key"
    private static let meant: [String: [String: String]] = [
        "kushim_jira_producer": [
            "schema": "USAGE", "jobs": "INSERT(\(job)), SELECT(id)", "job_status": "SELECT",
            "enqueue()": "EXECUTE", "unfinished_job()": "EXECUTE",
        ],
        "kushim_jira_auditor": [
            "schema": "USAGE", "migrations": "SELECT",
            "audit_log": "SELECT", "tickets": "SELECT", "comments": "SELECT", "alerts": "SELECT", "messages": "SELECT",
            "gates": "SELECT", "floods": "SELECT", "passes": "SELECT",
            "job_status": "SELECT", "job_history": "SELECT", "dead_letters": "SELECT", "queue_health": "SELECT",
            "open_tickets": "SELECT", "sla_status": "SELECT",
            // What the queue has of each job, but no payload and no secret of a connection.
            "jobs": "SELECT(id kind customer_id run_at priority unique_key created_at)", "job_subjects": "SELECT",
            "ready": "SELECT", "scheduled": "SELECT", "leases": "SELECT", "finished": "SELECT", "dead_jobs": "SELECT",
            "attempts": "SELECT", "workers": "SELECT", "customer_limits": "SELECT", "customer_settings": "SELECT",
            "connections": "SELECT(customer_id paused created_at changed_at)",
        ],
        "kushim_jira_worker": [
            "schema": "USAGE", "migrations": "SELECT", "installation": "SELECT",
            "jobs": "INSERT(\(job)), SELECT", "attempts": "INSERT, SELECT", "dead_jobs": "DELETE, INSERT, SELECT",
            "ready": "DELETE, INSERT, SELECT, UPDATE(seq)", "scheduled": "DELETE, INSERT, SELECT, UPDATE",
            "leases": "DELETE, INSERT, SELECT, UPDATE(snoozes)", "unique_jobs": "DELETE, INSERT, SELECT",
            "workers": "DELETE, INSERT, SELECT, UPDATE(state heartbeat_at about)",
            "job_ranges": "SELECT", "customer_limits": "SELECT", "turns": "INSERT, SELECT, UPDATE(customer_id)",
            "connections": "INSERT(customer_id paused), SELECT, UPDATE(paused changed_at)",
            "gates": "DELETE, INSERT, SELECT, UPDATE", "floods": "INSERT, SELECT, UPDATE",
            "tickets": "INSERT, SELECT, UPDATE", "comments": "INSERT, SELECT, UPDATE", "alerts": "INSERT, SELECT",
            "messages": "INSERT, SELECT, UPDATE", "passes": "INSERT, SELECT, UPDATE",
            "audit_log": "INSERT(customer_id job_id action control_id issue_key actor detail), SELECT",
            "ready_seq": "USAGE", "fence_seq": "USAGE", "jobs_id_seq": "SELECT",
            "asleep_until": "SELECT, UPDATE", "quiet_until": "SELECT, UPDATE",
            "finished": "SELECT", "job_status": "SELECT", "job_history": "SELECT", "dead_letters": "SELECT",
            "queue_health": "SELECT", "open_tickets": "SELECT", "sla_status": "SELECT", "job_subjects": "SELECT",
            "customer_settings": "SELECT", "enqueue()": "EXECUTE", "unfinished_job()": "EXECUTE",
            "wake_workers()": "EXECUTE",
            "lease_lost()": "EXECUTE",
            "due_at()": "EXECUTE", "extend_ranges()": "EXECUTE", "forget_jobs()": "EXECUTE",
            "mend_times()": "EXECUTE", "payload_text()": "EXECUTE",
            "happened_at()": "EXECUTE", "arrived_at()": "EXECUTE",
        ],
    ]

    @Test("Every role has what is meant for it, and PUBLIC has nothing")
    func all() async throws {
        try await TestDatabase.with { database in
            let rows = try await database.query(
                """
                SELECT coalesce(g.rolname, 'PUBLIC'), object, string_agg(privilege, ', ' ORDER BY privilege)
                FROM (
                    SELECT relname AS object, grantee, privilege_type AS privilege, relowner AS owner
                    FROM pg_class, aclexplode(relacl) WHERE relnamespace = 'kushim_jira'::regnamespace
                    UNION ALL
                    SELECT relname, grantee, privilege_type || '(' || string_agg(attname, ' ' ORDER BY attnum) || ')', relowner
                    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid, aclexplode(attacl)
                    WHERE relnamespace = 'kushim_jira'::regnamespace GROUP BY c.oid, grantee, privilege_type
                    UNION ALL
                    SELECT proname || '()', grantee, privilege_type, proowner
                    FROM pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner)))
                    WHERE pronamespace = 'kushim_jira'::regnamespace
                    UNION ALL
                    SELECT 'schema', grantee, privilege_type, nspowner
                    FROM pg_namespace, aclexplode(nspacl) WHERE nspname = 'kushim_jira'
                ) AS given LEFT JOIN pg_roles g ON g.oid = grantee
                WHERE grantee <> owner GROUP BY g.rolname, object
                """)
            var given: [String: [String: String]] = [:]
            for row in rows { given[row[0] ?? "", default: [:]][row[1] ?? ""] = row[2] }
            for role in Set(given.keys).union(Self.meant.keys) {
                let meant = Self.meant[role] ?? [:]
                let has = given[role] ?? [:]
                for object in Set(has.keys).union(meant.keys) {
                    #expect(has[object] == meant[object], "\(role) on \(object)")
                }
            }
        }
    }

    @Test("The audit log is append-only also where ordinary triggers sleep")
    func replica() async throws {
        try await TestDatabase.with { database in
            _ = try await database.query(
                "INSERT INTO kushim_jira.audit_log (customer_id, action, actor) VALUES ('acme', 'ticket.created', 'worker')"
            )
            for sql in [
                "DELETE FROM kushim_jira.audit_log", "UPDATE kushim_jira.audit_log SET actor = 'x'",
                "TRUNCATE kushim_jira.audit_log",
            ] {
                await #expect(throws: PostgresError.self) {
                    _ = try await database.query("SET session_replication_role = replica; \(sql)")
                }
            }
            #expect(try await database.value("SELECT actor FROM kushim_jira.audit_log") == "worker")
        }
    }

    /// Every login may take any of them.
    @Test("No function takes an advisory lock")
    func advisory() async throws {
        try await TestDatabase.with { database in
            let functions = try await database.query(
                """
                SELECT proname FROM pg_proc WHERE pronamespace = 'kushim_jira'::regnamespace
                AND coalesce(prosrc, '') || coalesce(pg_get_function_sqlbody(oid), '') ~* 'advisory'
                """)
            #expect(functions == [])
        }
    }

    @Test("Nor does the program")
    func program() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        for folder in ["Sources", "Migrations"] {
            let files = FileManager.default.enumerator(
                at: root.appendingPathComponent(folder), includingPropertiesForKeys: nil)
            for case let file as URL in try #require(files) where file.pathExtension == "swift" {
                let text = try String(contentsOf: file, encoding: .utf8)
                #expect(!text.contains("advisory"), "\(file.path)")
            }
        }
    }
}
