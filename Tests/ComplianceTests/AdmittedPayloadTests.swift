import Foundation
import Jira
import Postgres
import TestSupport
import Testing

@testable import Compliance

/// Two validators look at each payload: the insert and the daemon. What the first admits, the second reads.
@Suite("What the insert admits, the daemon reads")
struct AdmittedPayloadTests {
    private static let count = 100_000
    private static let batch = 1_000

    /// What SQL says of a payload, and what the daemon would be given.
    private static let judge = """
        CREATE FUNCTION public.judge(kind text, customer text, payload text, OUT rule text, OUT admitted boolean, OUT given text)
        LANGUAGE plpgsql AS $$
        DECLARE
            value jsonb;
        BEGIN
            value := payload::jsonb;
            rule := kushim_jira.broken_rule(kind, customer, value, now(), 0::smallint, NULL);
            IF kushim_jira.payload_text(value, 1048576) IS NOT NULL THEN given := value::text; END IF;
            INSERT INTO kushim_jira.jobs (kind, customer_id, payload) VALUES (kind, customer, value);
            admitted := true;
        EXCEPTION
            WHEN check_violation THEN admitted := false;
            WHEN invalid_text_representation OR untranslatable_character OR character_not_in_repertoire
                OR numeric_value_out_of_range OR statement_too_complex THEN
                rule := 'not jsonb';
                admitted := false;
        END
        $$
        """

    private struct Verdict: Statement {
        static let sql = """
            SELECT j.rule, j.admitted, j.given
            FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS g (kind, customer, payload, place)
            CROSS JOIN LATERAL public.judge(g.kind, g.customer, g.payload) AS j ORDER BY place
            """
        let trials: [Trial]

        var parameters: [any PostgresEncodable] { [trials.map(\.kind), trials.map(\.customer), trials.map(\.payload)] }

        struct Row: Sendable {
            let rule: String?
            let isAdmitted: Bool
            let given: String?
        }

        static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Row {
            Row(rule: try columns.next(), isAdmitted: try columns.next(), given: try columns.next())
        }
    }

    struct Trial: Sendable {
        let kind: String
        let customer: String
        let payload: String
    }

    /// What the daemon says against a payload; nil when it reads it.
    private func complaint(_ kind: String, _ payload: String) -> String? {
        do throws(PayloadError) {
            if kind == ComplianceFailure.kind {
                _ = try ComplianceFailure(payload: payload)
            } else {
                _ = try CompliancePass(payload: payload)
            }
            return nil
        } catch {
            return error.description
        }
    }

    @Test(
        "Of 100,000 payloads, mutated or made of extremes, there is none of which they say different things",
        arguments: 1...4)
    func agreement(part: Int) async throws {
        try await TestDatabase.with { database in
            _ = try await database.query(Self.judge)
            var payloads = HostilePayloads(seed: UInt64(part))
            var admitted = 0
            var rules: [String: Int] = [:]
            for _ in 0..<Self.count / 4 / Self.batch {
                let trials = (0..<Self.batch).map { _ in payloads.next() }
                let verdicts = try await database.pool.execute(Verdict(trials: trials))
                for (trial, verdict) in zip(trials, verdicts) {
                    let sample = "\(trial.kind) \(trial.payload.prefix(300)): \(verdict.rule ?? "admitted")"
                    // The short way admits nothing that a rule refuses, and the long way nothing else.
                    #expect(verdict.isAdmitted == (verdict.rule == nil), "\(sample)")
                    let complaint = verdict.given.flatMap { self.complaint(trial.kind, $0) }
                    if verdict.isAdmitted {
                        admitted += 1
                        #expect(verdict.given != nil && complaint == nil, "\(sample): \(complaint ?? "")")
                    } else if let rule = verdict.rule, verdict.given != nil, !Self.isLimit(rule) {
                        rules[rule, default: 0] += 1
                        #expect(complaint != nil, "\(sample)")
                    }
                }
            }
            // Both sides had enough to say.
            #expect(admitted > Self.count / 40)
            #expect(rules.count >= 5 && rules.values.allSatisfy { $0 > 0 }, "\(rules)")
        }
    }

    /// Rules that also refuse what could be read: too much of it, or a time in a form that only Jira writes.
    private static func isLimit(_ rule: String) -> Bool {
        rule.contains("at most") || rule.contains(" of 1 to ") || rule.hasPrefix("customer_id")
            || rule.contains("detectedAt")
    }

    @Test("Both know the same characters for blank ones, of all that there are")
    func blank() async throws {
        try await TestDatabase.with { database in
            let rows = try await database.query(
                """
                SELECT c FROM generate_series(1, 1114111) AS c
                WHERE c NOT BETWEEN 55296 AND 57343 AND kushim_jira.is_blank(chr(c)) ORDER BY c
                """)
            let blank = rows.compactMap { $0[0].flatMap { UInt32($0) } }
            let ours = (1...0x10FFFF).compactMap(Unicode.Scalar.init).filter { String($0).isBlank }.map(\.value)
            #expect(blank == ours)
            #expect(ours.count > 80)
            // No less than Unicode's.
            let white = (1...0x10FFFF).compactMap(Unicode.Scalar.init).filter(\.properties.isWhitespace).map(\.value)
            #expect(Set(white).isSubset(of: ours))
        }
    }
}
