import Postgres
import TestSupport
import Testing

/// Nothing in the schema may be resolved by its caller, who may be a producer with a schema of his own.
@Suite("The schema under a hostile search_path")
struct HostilePathTests {
    private static let failure = """
        INSERT INTO kushim_jira.jobs (kind, customer_id, payload) VALUES ('compliance_failure', 'acme', '{
            "controlId": "CC6.1", "controlTitle": "MFA", "severity": "high", "failureReason": "none",
            "detectedAt": "2026-11-23T10:00:00Z", "affectedSystems": ["okta"]}')
        """
    private static let pass = "'compliance_pass', 'acme', '{\"controlId\": \"CC6.1\"}'"

    /// A call of each function, by its name in the catalog; several where it has several ways.
    private static let calls: [String: [String]] = [
        "is_text": ["'\"x\"', 3"], "is_text_or_absent": ["'\"x\"', 3"], "is_array_of_text_or_absent": ["'[\"x\"]'"],
        "is_time_or_absent": ["'\"2026-11-23\"'"],
        "broken_rule": [
            "\(pass), '2026-11-23', 0::smallint, 'k'", "'unheard of', 'acme', '{}', '2026-11-23', 0::smallint, 'k'",
        ],
        "unfinished_job": ["'compliance_pass', 'acme', 'k'"],
        "enqueue": [
            pass, "\(pass), unique_key => 'k'", "\(pass), unique_key => 'k'", "\(pass), run_at => '2999-01-01'",
            "\(pass), priority => 7::smallint",
        ],
        "wake_workers": ["''"], "lease_lost": ["1"],
        "due_at": ["'2026-11-21', 864000, false, 'Europe/Vienna'", "'2026-11-21', 864005, true, 'Europe/Vienna'"],
        "add_range": ["9000000000, 9100000000"], "mend_times": ["false", "true"], "extend_ranges": ["'1 day'"],
        "forget_jobs": ["'30 days', '365 days'"], "arrived_at": ["1, '2026-11-21'"],
        "happened_at": ["NULL, '2026-11-21'", "'2026-11-20', '2026-11-21'"],
        "payload_text": ["'{\"x\": [1, {}]}', 1000", "'[\"xxx\"]', 3"], "is_blank": ["' '", "'x'"],
        "guard_partition": ["'tickets'"],
    ]

    /// What makes each trigger fire, by its name in the catalog.
    private static let actions: [String: [String]] = [
        "admit_jobs": [
            failure,
            "INSERT INTO kushim_jira.jobs (kind, customer_id, payload) VALUES (\(pass))",
            "INSERT INTO kushim_jira.jobs (kind, customer_id, payload, unique_key) VALUES (\(pass), 'other')",
            "INSERT INTO kushim_jira.jobs (kind, customer_id, payload, run_at) VALUES (\(pass), '2999-01-01')",
            "INSERT INTO kushim_jira.jobs (kind, customer_id, payload, run_at) VALUES "
                + "(\(pass), pg_catalog.clock_timestamp() OPERATOR(pg_catalog.+) pg_catalog.make_interval(secs => 5))",
            "INSERT INTO kushim_jira.jobs (kind, customer_id, payload, priority) VALUES (\(pass), 101)",
        ],
        "unfinished_jobs_stay": ["DELETE FROM kushim_jira.jobs"],
        "jobs_are_not_truncated": ["TRUNCATE kushim_jira.jobs_1"],
        "jobs_are_not_changed": ["UPDATE kushim_jira.jobs SET priority = 1", "TRUNCATE kushim_jira.jobs"],
        "audit_log_is_append_only": [
            "UPDATE kushim_jira.audit_log SET actor = 'x'", "DELETE FROM kushim_jira.audit_log",
            "TRUNCATE kushim_jira.audit_log",
        ],
        "note_when_a_gate_is_set": [
            "INSERT INTO kushim_jira.gates (scope, customer_id, cause, reason, closed_until) "
                + "VALUES ('s', 'acme', 'unavailable', 'r', '2999-01-01')",
            "UPDATE kushim_jira.gates SET closed_until = '2998-01-01'",
        ],
    ]

    @Test("Every function has a search_path of its own, or a body that is resolved when it is made")
    func pinned() async throws {
        try await TestDatabase.with { database in
            let unpinned = try await database.query(
                """
                SELECT p.oid::regprocedure::text, p.proconfig::text FROM pg_proc p
                WHERE p.pronamespace = 'kushim_jira'::regnamespace AND p.prosqlbody IS NULL
                  AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (p.proconfig), false)
                """)
            #expect(unpinned == [])
        }
    }

    @Test("No policy, constraint, default, view, index or body depends on anything outside the schema and pg_catalog")
    func dependencies() async throws {
        try await TestDatabase.with { database in
            let strangers = try await Self.strangers(in: database)
            #expect(strangers == [])
        }
    }

    /// What of the schema depends on something of another.
    static func strangers(in database: TestDatabase) async throws -> [[String?]] {
        try await database.query(
            """
            SELECT pg_describe_object(d.classid, d.objid, d.objsubid), pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid)
            FROM pg_depend d
            JOIN LATERAL pg_identify_object(d.classid, d.objid, d.objsubid) o ON true
            JOIN LATERAL pg_identify_object(d.refclassid, d.refobjid, d.refobjsubid) r ON true
            WHERE (o.schema = 'kushim_jira' OR o.identity ~ '^"?[^.]*"? (on|for|of) kushim_jira[.]')
              AND coalesce(r.schema, 'pg_catalog') NOT IN ('kushim_jira', 'pg_catalog', 'pg_toast')
            """)
    }

    @Test("Every function runs as ever where the caller's schema has all that pg_catalog has")
    func functions() async throws {
        try await TestDatabase.with { database in
            try await HostileSchema.build(in: database)
            let functions = try await names(
                """
                SELECT DISTINCT proname FROM pg_proc WHERE pronamespace = 'kushim_jira'::regnamespace AND prorettype <> 'trigger'::regtype
                """, in: database)
            #expect(functions == Set(Self.calls.keys), "say here how a new function is called")
            for function in functions {
                for arguments in Self.calls[function] ?? [] {
                    try await expectHarmless("SELECT kushim_jira.\(function)(\(arguments))", in: database)
                }
            }
        }
    }

    @Test("Every trigger fires as ever, whether workers sleep or not")
    func triggers() async throws {
        try await TestDatabase.with { database in
            try await HostileSchema.build(in: database)
            let triggers = try await names(
                """
                SELECT DISTINCT t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
                WHERE c.relnamespace = 'kushim_jira'::regnamespace AND NOT t.tgisinternal
                """, in: database)
            #expect(triggers == Set(Self.actions.keys), "say here what makes a new trigger fire")
            for isAsleep in [false, true] {
                if isAsleep { _ = try await database.query("SELECT setval('kushim_jira.asleep_until', 1 << 40)") }
                for action in triggers.flatMap({ Self.actions[$0] ?? [] }) {
                    try await expectHarmless(action, in: database)
                }
            }
            let placed =
                "SELECT count(*) FROM (SELECT FROM kushim_jira.ready UNION ALL SELECT FROM kushim_jira.scheduled) p"
            let jobs = try await database.value("SELECT count(*) FROM kushim_jira.jobs")
            // The job with a unique key once only.
            #expect(jobs == "9")
            #expect(try await database.value(placed) == jobs)
        }
    }

    @Test("An operator of the producer's does not run as the owner")
    func exploit() async throws {
        try await TestDatabase.with { database in
            _ = try await database.query(
                "INSERT INTO kushim_jira.audit_log (customer_id, action, actor) VALUES ('acme', 'ticket.created', 'worker')"
            )
            try await database.withLogin(["kushim_jira_producer"]) { login, configuration in
                _ = try await database.query("CREATE SCHEMA app AUTHORIZATION \(login)")
                try await database.withSession(configuration) { session in
                    try await session.execute(
                        sql: """
                            CREATE FUNCTION app.forge(text, text) RETURNS boolean LANGUAGE plpgsql AS $$
                            BEGIN
                                IF current_user <> session_user THEN
                                    ALTER TABLE kushim_jira.audit_log DISABLE TRIGGER ALL;
                                    DELETE FROM kushim_jira.audit_log;
                                END IF;
                                RETURN $1 OPERATOR(pg_catalog.=) $2;
                            END
                            $$;
                            CREATE OPERATOR app.= (LEFTARG = text, RIGHTARG = text, FUNCTION = app.forge);
                            SET kushim_jira.are_placed = 'no';
                            SET search_path = app, pg_catalog;
                            \(Self.failure)
                            """)
                }
            }
            #expect(try await database.value("SELECT count(*) FROM kushim_jira.audit_log") == "1")
            #expect(try await database.value("SELECT count(*) FROM kushim_jira.ready") == "1")
        }
    }

    private func names(_ sql: String, in database: TestDatabase) async throws -> Set<String> {
        Set(try await database.query(sql).compactMap { $0.first ?? nil })
    }

    /// Each in a session of its own, as the first thing that it does: what is prepared once stays as it is.
    private func expectHarmless(_ sql: String, in database: TestDatabase) async throws {
        try await database.withSession { session in
            try await session.execute(sql: HostileSchema.enter)
            do {
                try await session.execute(sql: sql)
            } catch let error as PostgresError {
                // What these are for.
                let meant: [SQLState?] = [
                    .checkViolation, .uniqueViolation, .restrictViolation, .insufficientPrivilege,
                    .init(rawValue: "KJ001"),
                ]
                #expect(meant.contains(error.sqlState), "\(sql): \(error)")
            }
        }
    }
}
