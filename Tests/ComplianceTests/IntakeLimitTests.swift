import Foundation
import Jira
import Postgres
import TestSupport
import Testing

@testable import Compliance

/// What stands at the limits of the insert goes all the way: through the queue, the ledger and its indexes, to the record.
@Suite("At the limits of the insert", .serialized)
struct IntakeLimitTests {
    /// Characters of four bytes that no compression makes smaller.
    private static func wide(_ count: Int, seed: UInt64) -> String {
        var random = SeededRandom(seed: seed)
        var text = ""
        while text.unicodeScalars.count < count {
            guard let scalar = Unicode.Scalar(UInt32.random(in: 0x2_0000...0x2_A6D0, using: &random)) else { continue }
            text.unicodeScalars.append(scalar)
        }
        return text
    }

    private static let deep: JSONValue = (0..<511).reduce(1) { value, _ in .array([value]) }

    @Test("Every longest, deepest and largest failure gets its ticket, and its pass a record")
    func failures() async throws {
        try await Scene.with(configure: { $0.tickets.deduplication.enabled = true }) { scene in
            let customer = Self.wide(255, seed: 1)
            let control = Self.wide(255, seed: 2)
            // 1,020 + 1,020 + 560 bytes.
            let resource = Self.wide(140, seed: 3)
            var ids: [Int64] = []
            func insert(
                _ kind: String = "compliance_failure", customer: String = "acme",
                _ change: (inout [String: JSONValue]) -> Void
            )
                async throws
            {
                var payload = kind == "compliance_pass" ? Payload.pass("CC1") : Payload.failure("CC1")
                change(&payload)
                ids.append(try await scene.database.insert(kind, payload: payload.json, customer: customer))
            }
            try await insert(customer: customer) {
                $0["controlId"] = .string(control)
                $0["resource"] = .string(resource)
            }
            // 4 + 3 + 2,593 bytes.
            try await insert {
                $0["controlId"] = "CC2"
                $0["resource"] = .string(Self.wide(648, seed: 4) + "x")
            }
            for field in ["framework", "evidenceId", "integration", "checkId"] {
                try await insert {
                    $0["controlId"] = .string("of \(field)")
                    $0[field] = .string(Self.wide(255, seed: 5))
                }
            }
            try await insert {
                $0["controlId"] = "CC3"
                $0["controlTitle"] = .string(Self.wide(1000, seed: 6))
                $0["evidenceUrl"] = .string("https://example.com/" + Self.wide(1980, seed: 7))
            }
            try await insert {
                $0["controlId"] = "CC4"
                $0["nested"] = Self.deep
                $0["number"] = .number(1e300)
            }
            for (place, moment) in [
                "0001-01-01", "9999-12-31T24:59:61.9+99:99", "9999-12-31T23:59:59-99:99", "2026-02-31",
            ].enumerated() {
                try await insert {
                    $0["controlId"] = .string("at \(place)")
                    $0["detectedAt"] = .string(moment)
                }
            }
            // To the byte.
            let rest = try await scene.database.value(
                """
                SELECT 1048576 - octet_length(('\(Payload.failure("CC5").json)'::jsonb || '{"failureReason": ""}')::text)
                """)
            try await insert {
                $0["controlId"] = "CC5"
                $0["failureReason"] = .string(String(repeating: "x", count: Int(rest ?? "") ?? 0))
            }
            try await scene.runToTheEnd()
            #expect(
                try await scene.database.query("SELECT job_id, reason FROM kushim_jira.dead_jobs") == [])
            try await scene.expectExactlyOnce(issues: ids.count)

            // The passes, also of a control that has no ticket.
            for name in [control, Self.wide(255, seed: 8)] {
                try await insert("compliance_pass", customer: customer) {
                    $0["controlId"] = .string(name)
                    $0["resource"] = .string(resource)
                }
            }
            try await scene.runToTheEnd()
            #expect(try await scene.database.query("SELECT job_id, reason FROM kushim_jira.dead_jobs") == [])
            #expect(try await scene.database.value("SELECT count(*) FROM kushim_jira.passes") == "1")
        }
    }

    @Test(
        "One byte more is refused by name",
        arguments: [
            (
                "'acme', '{\"controlId\": \"CC1\", \"resource\": \"' || repeat('控', 864) || 'xx\"}', now(), NULL",
                "payload.resource: with controlId and customer_id at most 2600 bytes"
            ),
            ("'acme', '{\"controlId\": \"CC1\"}', now(), repeat('控', 500) ", nil),
            (
                "repeat('😀', 255), '{\"controlId\": \"CC1\"}', now(), repeat('😀', 371)",
                "unique_key: with customer_id at most 2500 bytes"
            ),
            ("repeat('😀', 255), '{\"controlId\": \"CC1\"}', now(), repeat('😀', 370)", nil),
            ("repeat('😀', 256), '{\"controlId\": \"CC1\"}', now(), NULL", "customer_id: 1 to 255 characters"),
            ("U&'\\3000\\200B', '{\"controlId\": \"CC1\"}', now(), NULL", "customer_id: 1 to 255 characters"),
            ("U&'a\\0009b', '{\"controlId\": \"CC1\"}', now(), NULL", "customer_id: no control characters"),
            ("U&'a\\0085b', '{\"controlId\": \"CC1\"}', now(), NULL", "customer_id: no control characters"),
            ("'acme', '{\"controlId\": \"CC1\"}', 'infinity', NULL", "run_at: a time in the years 1970 to 9999"),
            ("'acme', '{\"controlId\": \"CC1\"}', '-infinity', NULL", "run_at: a time in the years 1970 to 9999"),
            ("'acme', '{\"controlId\": \"CC1\"}', '0001-01-01 BC', NULL", "run_at: a time in the years 1970 to 9999"),
            ("'acme', '{\"controlId\": \"CC1\"}', '294276-12-31', NULL", "run_at: a time in the years 1970 to 9999"),
            ("'acme', '{\"controlId\": \"CC1\"}', '9999-12-31 23:59:59Z', NULL", nil),
            ("'acme', '{\"controlId\": \"CC1\"}', '1970-01-01Z', NULL", nil),
            ("'acme', '[{\"controlId\": \"CC1\"}]', now(), NULL", "payload: a JSON object"),
            ("'acme', '{\"controlId\": \"CC1\", \"message\": 5}', now(), NULL", "payload.message: text"),
            (
                "'acme', '{\"controlId\": \"CC1\", \"x\": ' || repeat('[', 512) || repeat(']', 512) || '}', now(), NULL",
                "payload: nested at most 512 deep"
            ),
            (
                "'acme', '{\"controlId\": \"CC1\", \"x\": ' || repeat('[', 5000) || repeat(']', 5000) || '}', now(), NULL",
                "payload: nested at most 512 deep"
            ),
            (
                "'acme', '{\"controlId\": \"CC1\"}'::jsonb || jsonb_build_object('x', repeat('x', 80000000)), now(), NULL",
                "payload: at most 1 MiB"
            ),
            (
                "'acme', '{\"controlId\": \"CC1\"}'::jsonb || jsonb_build_object('x', (SELECT jsonb_agg('1e131071'::jsonb) FROM generate_series(1, 8500))), now(), NULL",
                "payload: at most 1 MiB"
            ),
            (
                "'acme', '{\"controlId\": \"CC1\"}'::jsonb || jsonb_build_object('x', (SELECT jsonb_agg('1e131071'::jsonb) FROM generate_series(1, 8))), now(), NULL",
                "payload: at most 1 MiB"
            ),
            (
                "'acme', '{\"controlId\": \"CC1\"}'::jsonb || jsonb_build_object('x', (SELECT jsonb_agg('1e131071'::jsonb) FROM generate_series(1, 7))), now(), NULL",
                nil
            ),
        ] as [(String, String?)])
    func oneMore(_ row: String, _ rule: String?) async throws {
        try await TestDatabase.with { database in
            let failure = #"'{"controlTitle": "T", "severity": "high", "failureReason": "x"}'::jsonb"#
            for kind in ["compliance_pass", "compliance_failure"]
            where !(kind == "compliance_failure" && row.contains("message")) {
                let parts =
                    "SELECT '\(kind)', c, \(kind == "compliance_failure" && !row.contains("[{") ? "\(failure) || p" : "p"), r, k"
                do {
                    _ = try await database.query(
                        """
                        INSERT INTO kushim_jira.jobs (kind, customer_id, payload, run_at, unique_key)
                        \(parts) FROM (SELECT a, (b)::jsonb, c::timestamptz, d FROM (SELECT \(row)) AS t (a, b, c, d)) AS g (c, p, r, k)
                        """)
                    #expect(rule == nil, "\(row)")
                } catch let error as PostgresError {
                    #expect(error.sqlState == .checkViolation, "\(row): \(error)")
                    #expect(error.constraint == rule, "\(row): \(error)")
                }
            }
        }
    }

    @Test("A producer does not set created_at, and nobody a time that has not been")
    func createdAt() async throws {
        try await TestDatabase.with { database in
            for time in ["infinity", "-infinity", "294276-12-31", "2999-01-01", "1969-12-31 23:59:59Z"] {
                do {
                    _ = try await database.query(
                        """
                        INSERT INTO kushim_jira.jobs (kind, payload, created_at)
                        VALUES ('compliance_pass', '{"controlId": "CC1"}', '\(time)')
                        """)
                    Issue.record("\(time) was admitted")
                } catch let error as PostgresError {
                    #expect(error.constraint == "created_at: a time from 1970 to now", "\(error)")
                }
            }
            let refusal = try await database.withLogin(["kushim_jira_producer"]) { _, configuration in
                try await database.withSession(configuration) { session in
                    await #expect(throws: PostgresError.self) {
                        try await session.execute(
                            sql: """
                                INSERT INTO kushim_jira.jobs (kind, payload, created_at)
                                VALUES ('compliance_pass', '{"controlId": "CC1"}', now())
                                """)
                    }
                }
            }
            #expect(refusal?.sqlState == .insufficientPrivilege)
        }
    }

    /// What bounds the bytes of each text in an index; PostgreSQL takes 2,704 of them.
    private static let bounds: [String: String] = [
        "customer_id": "customer and key", "control_id": "customer and key", "resource": "customer and key",
        "unique_key": "customer and key", "kind": "the list of kinds",
    ]

    @Test("Each text in an index has a bound")
    func indexes() async throws {
        try await TestDatabase.with { database in
            let rows = try await database.query(
                """
                SELECT DISTINCT c.relname || '.' || a.attname, a.attname
                FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
                JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
                WHERE c.relnamespace = 'kushim_jira'::regnamespace AND a.atttypid = 'text'::regtype ORDER BY 1
                """)
            let others = rows.filter { Self.bounds[$0[1] ?? ""] == nil }.compactMap { $0[0] }
            #expect(
                others == [
                    "alerts.threshold", "comments.occasion", "comments.purpose", "gates.scope", "messages.threshold",
                    "tickets.fingerprint", "tickets.issue_id", "turns.purpose",
                ], "say here what bounds a new one")
        }
    }
}
