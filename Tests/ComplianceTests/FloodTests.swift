import Foundation
import HTTP
import Jira
import JiraSimulator
import TestSupport
import Testing

@testable import Compliance

/// `tickets.per_hour`
@Suite("Floods")
struct FloodTests {
    @Test("A flood becomes so many tickets in an hour; the rest waits, is told of once, and is not lost")
    func perHour() async throws {
        let slack = try StandInForSlack()
        try await Scene.with(configure: {
            $0.tickets.perHour = 5
            $0.slack.webhook = Secret(slack.webhook)
            $0.slack.allowsPlainHTTP = true
        }) { scene in
            for number in 1...30 { try await scene.fail("CC\(number)") }
            for round in 1...3 {
                try await scene.running {
                    try await eventually("all others wait") {
                        let waiting = try await scene.database.value(
                            "SELECT count(*) FROM kushim_jira.job_status WHERE last_error LIKE '%tickets.per_hour%'")
                        return waiting == "\(30 - 5 * round)" && scene.jira.issues.count == 5 * round
                    }
                    try await scene.database.wait(
                        for: """
                            SELECT count(*) FROM kushim_jira.job_status
                            WHERE kind = 'notification' AND finished_at IS NULL
                            """, toBe: "0")
                }
                // An hour later, while the flood goes on.
                _ = try await scene.database.query(
                    """
                    UPDATE kushim_jira.tickets SET let_through_at = let_through_at - interval '61 minutes'
                    WHERE let_through_at IS NOT NULL
                    """)
                _ = try await scene.database.query("UPDATE kushim_jira.scheduled SET run_at = clock_timestamp()")
            }
            let told = slack.messages.filter { $0.contains("tickets.per_hour allows: 5") }
            #expect(told.count == 1, "\(slack.messages)")
            let recorded = try await scene.database.value(
                """
                SELECT count(*) FROM kushim_jira.audit_log
                WHERE action = 'notification.sent' AND detail ->> 'about' = 'tickets.per_hour'
                """)
            #expect(recorded == "1")
            #expect(
                try await scene.database.value("SELECT max(attempt) FROM kushim_jira.job_status") == "1",
                "who waits loses no attempt")

            var calm = scene
            calm.configuration.tickets.perHour = nil
            try await calm.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 30)
        }
    }

    enum Obstacle: CaseIterable {
        case requiredField, validator
    }

    @Test("A turn that led to no ticket is not kept for a later hour", arguments: Obstacle.allCases)
    func turnsInVain(obstacle: Obstacle) async throws {
        try await Scene.with(configure: { $0.tickets.perHour = 2 }) { scene in
            try scene.jira.update(project: "COMP") {
                switch obstacle {
                case .requiredField: $0.requiredFields = ["components"]
                case .validator: $0.validators = ["[": "The project is closed for the year."]
                }
            }
            for number in 1...12 { try await scene.fail("CC\(number)") }
            for round in 1...4 {
                try await scene.running {
                    try await eventually("tried in vain") {
                        let failures = try await scene.database.value("SELECT max(failures) FROM kushim_jira.gates")
                        return (failures.flatMap { Int($0) } ?? 0) >= 3 * round
                    }
                }
                _ = try await scene.database.query(
                    "UPDATE kushim_jira.tickets SET let_through_at = let_through_at - interval '61 minutes'")
                _ = try await scene.database.query("UPDATE kushim_jira.scheduled SET run_at = clock_timestamp()")
            }
            try scene.jira.update(project: "COMP") {
                $0.requiredFields = []
                $0.validators = [:]
            }
            _ = try await scene.database.query("UPDATE kushim_jira.gates SET closed_until = clock_timestamp()")
            try await scene.running {
                try await eventually("the others wait their turn") {
                    try await scene.database.value(
                        """
                        SELECT count(*) FROM kushim_jira.job_status
                        WHERE last_error LIKE '%tickets.per_hour%' OR finished_at IS NOT NULL AND kind = 'compliance_failure'
                        """) == "12"
                }
            }
            #expect(scene.jira.issues.count == 2)
        }
    }

    @Test(
        "What a customer's tickets of this hour are costs the same however many it has had before",
        arguments: [("TakeTurn", TakeTurn.sql), ("HasPlace", HasPlace.sql)])
    func plan(name: String, sql: String) async throws {
        try await TestDatabase.with { database in
            _ = try await database.query(
                """
                INSERT INTO kushim_jira.tickets
                       (customer_id, control_id, episode, fingerprint, severity, control_title, project_key, job_id, failed_at,
                        due_at, last_failed_at, let_through_at)
                SELECT 'acme', n, 1, encode(sha256(n::text::bytea), 'hex'), 'high', 't', 'COMP', n, now(), now(), now(),
                       now() - n * interval '1 min'
                FROM generate_series(1, 20000) n
                """)
            _ = try await database.query("ANALYZE kushim_jira.tickets")
            try await database.pool.withConnection { connection in
                try await connection.execute(sql: "SET plan_cache_mode = force_generic_plan")
                try await connection.execute(sql: "PREPARE turn (text, bigint, bigint) AS \(sql)")
                let lines = try await connection.text(
                    sql: "EXPLAIN (ANALYZE, TIMING OFF, COSTS OFF, SUMMARY OFF) EXECUTE turn ('acme', 20000, 1000)")
                let plan = lines.compactMap { $0[0] }.joined(separator: "\n")
                #expect(!plan.contains("rows=20000") && !plan.contains("Rows Removed by Join Filter"), "\(plan)")
                #expect(plan.contains("(let_through_at > "), "\(plan)")
                let removed = plan.matches(of: /Rows Removed by Filter: (\d+)/).compactMap { Int($0.1) }
                #expect(removed.allSatisfy { $0 <= 1 }, "\(plan)")
            }
        }
    }

    @Test("Those who wait ask Jira nothing until there is a place")
    func quiet() async throws {
        try await Scene.with(configure: { $0.tickets.perHour = 1 }) { scene in
            for number in 1...20 { try await scene.fail("CC\(number)") }
            func waiting(_ snoozes: Int) async throws {
                try await eventually("the others wait") {
                    try await scene.database.value(
                        "SELECT count(*) FROM kushim_jira.scheduled WHERE kind = 'compliance_failure' AND snoozes >= \(snoozes)"
                    ) == "19"
                }
            }
            try await scene.running {
                try await waiting(1)
                let searches = scene.jira.counters[.search]
                for snoozes in 2...4 {
                    _ = try await scene.database.query(
                        "UPDATE kushim_jira.scheduled SET run_at = clock_timestamp() WHERE snoozes < \(snoozes)")
                    try await waiting(snoozes)
                }
                #expect(scene.jira.counters[.search] == searches)
            }
            #expect(scene.jira.issues.count == 1)
        }
    }

    @Test("A failure whose ticket exists takes no turn, nor does one that is counted")
    func others() async throws {
        try await Scene.with(configure: { $0.tickets.perHour = 1 }) { scene in
            for _ in 1...4 { try await scene.fail("CC1") }
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 1)
        }
    }
}
