import TestSupport
import Testing

@Suite("What is let in")
struct AdmissionTests {
    private static let good = """
        {"controlId": "CC6.1", "controlTitle": "MFA", "severity": "high", "failureReason": "none", "framework": "SOC2", \
        "integration": "OKTA", "evidenceId": "e", "evidenceUrl": "https://example.com", "resource": "r", "checkId": "c", \
        "detectedAt": "2026-11-23T10:00:00Z", "affectedSystems": ["okta"]}
        """

    /// The trigger's short way must let pass nothing that the rules refuse; what it does not let pass is looked at by them.
    @Test("For every field and any value the insert says what the rules say")
    func agreement() async throws {
        try await TestDatabase.with { database in
            let values = [
                #""x""#, #""""#, #"" ""#, #""\u00a0""#, "null", "1", "true", "[]", #"["high"]"#, #"[["high"]]"#,
                #"["2026-11-23T10:00:00Z"]"#,
                "[1]", "[null]", "{}", #"{"a": 1}"#, #""high""#, #""HIGH""#, #""2026-11-23""#,
                #""2026-11-23T10:00:00+01:00""#, #""soon""#,
                "\"\(String(repeating: "é", count: 255))\"", "\"\(String(repeating: "é", count: 256))\"",
                "\"\(String(repeating: "x", count: 1001))\"", "\"\(String(repeating: "x", count: 2001))\"",
            ]
            let fields = [
                "controlId", "controlTitle", "severity", "failureReason", "framework", "integration", "evidenceId",
                "evidenceUrl",
                "resource", "checkId", "detectedAt", "affectedSystems", "message", "other",
            ]
            var payloads = values + [Self.good]
            for field in fields {
                payloads.append("('\(Self.good)'::jsonb - '\(field)')")
                payloads += values.map { "jsonb_set('\(Self.good)', '{\(field)}', '\($0)')" }
            }
            let rows = payloads.map { $0.hasPrefix("(") || $0.hasPrefix("jsonb_set") ? $0 : "'\($0)'::jsonb" }
            _ = try await database.query(
                """
                CREATE TABLE public.tried AS
                SELECT kind, customer_id, payload, priority::smallint FROM
                (VALUES \(rows.map { "(\($0))" }.joined(separator: ", "))) AS p (payload),
                (VALUES ('compliance_failure'), ('compliance_pass'), ('notification'), ('unheard of')) AS k (kind),
                (VALUES ('acme', 0)) AS c (customer_id, priority)
                UNION ALL
                SELECT 'compliance_failure', customer_id, '\(Self.good)', priority::smallint FROM
                (VALUES ('', 0), (' ', 0), (repeat('c', 255), 100), (repeat('c', 256), 0), ('acme', -100), ('acme', 101), ('acme', -101))
                AS c (customer_id, priority)
                """)
            _ = try await database.query(
                """
                ALTER TABLE public.tried ADD said text;
                DO $$
                DECLARE
                    t record;
                BEGIN
                    FOR t IN SELECT ctid, * FROM public.tried LOOP
                        DECLARE
                            rule text;
                        BEGIN
                            INSERT INTO kushim_jira.jobs (kind, customer_id, payload, priority)
                            VALUES (t.kind, t.customer_id, t.payload, t.priority);
                        EXCEPTION WHEN check_violation THEN
                            GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME;
                            UPDATE public.tried SET said = rule WHERE ctid = t.ctid;
                        END;
                    END LOOP;
                END
                $$
                """)
            #expect(
                try await database.query(
                    """
                    SELECT kind, customer_id, left(payload::text, 2000), said FROM public.tried WHERE said IS DISTINCT FROM
                    kushim_jira.broken_rule(kind, customer_id, payload, now(), priority, NULL)
                    """) == [])
            #expect(
                try await database.value(
                    "SELECT count(*) > 100 AND count(DISTINCT said) >= 17 FROM public.tried WHERE said IS NOT NULL")
                    == "t")
            #expect(try await database.value("SELECT count(*) > 100 FROM kushim_jira.ready") == "t")
        }
    }
}
