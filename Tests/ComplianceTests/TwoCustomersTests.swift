import Foundation
import Jira
import JiraSimulator
import TestSupport
import Testing

@testable import Compliance

/// acme has settings of its own, plain has none; both share the environment's Jira.
@Suite("Two customers side by side")
struct TwoCustomersTests {
    private static let customers = ["acme", "plain"]

    private func fail(
        _ control: String, severity: String = "high", integration: String = "OKTA", _ scene: Scene
    ) async throws {
        for customer in Self.customers {
            var payload = Payload.failure("\(customer)-\(control)", severity: severity)
            payload["integration"] = .string(integration)
            _ = try await scene.database.insert("compliance_failure", payload: payload.json, customer: customer)
        }
    }

    private func set(_ settings: String, _ scene: Scene) async throws {
        _ = try await scene.database.query(
            """
            INSERT INTO kushim_jira.connections (customer_id, settings) VALUES ('acme', '\(settings)')
            ON CONFLICT (customer_id) DO UPDATE SET settings = excluded.settings
            """)
    }

    private func issue(_ control: String, _ scene: Scene) throws -> SimulatedIssue {
        try #require(scene.jira.issues.first { $0.summary.contains("[\(control)]") }, "\(control)")
    }

    @Test(
        "What acme overrides holds for acme alone, and what it does not name stays the environment's",
        arguments: GuideTests.modes)
    func ticket(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(
            mode,
            configure: {
                var aws = TicketRule(match: .init(integration: ["AWS"]))
                aws.project = "INFRA"
                $0.tickets.rules = [aws]
                $0.tickets.labels = ["base"]
                $0.tickets.priorities[.critical] = "Lowest"
                $0.tickets.disabledControls = ["*-RETIRED"]
                $0.tickets.fields = [
                    "customfield_10100": .text("{controlId}"), "customfield_10103": .text("7"),
                ]
            }
        ) { scene in
            let epic = try scene.jira.createIssue(project: "SEC", summary: "Remediation", type: "Epic").key
            try await set(
                #"""
                {"tickets": {"minimum_severity": "low", "disabled_controls": ["*-OLD"], "labels": ["own"],
                             "rules": [{"match": {"integration": "GITHUB"}, "project": "SEC"}],
                             "priorities": {"high": "Low"}, "parent": "\#(epic)",
                             "fields": {"customfield_10100": null, "customfield_10115": ["own"]}},
                 "sla": {"due": {"high": "3d"}, "calendar": "business", "time_zone": "Asia/Tokyo", "alerts": ["50%"]}}
                """#, scene)
            try await fail("LOW", severity: "low", scene)
            try await fail("OLD", scene)
            try await fail("RETIRED", scene)
            try await fail("AWS", integration: "AWS", scene)
            try await fail("GH", integration: "GITHUB", scene)
            try await fail("CRIT", severity: "critical", scene)
            try await scene.runToTheEnd()
            let skipped = try await scene.database.query(
                "SELECT control_id, detail ->> 'rule' FROM kushim_jira.audit_log WHERE action = 'ticket.skipped' ORDER BY 1"
            )
            #expect(
                skipped == [
                    ["acme-OLD", "disabled_controls: *-OLD"], ["plain-LOW", "minimum_severity: medium"],
                    ["plain-RETIRED", "disabled_controls: *-RETIRED"],
                ])
            // The list of rules is replaced whole.
            #expect(
                try issue("acme-AWS", scene).projectKey == "COMP" && issue("plain-AWS", scene).projectKey == "INFRA")
            #expect(try issue("acme-GH", scene).projectKey == "SEC" && issue("plain-GH", scene).projectKey == "COMP")
            // One priority is changed, the others stay.
            #expect(
                try issue("acme-GH", scene).priority?.name == "Low" && issue("plain-GH", scene).priority?.name == "High"
            )
            for customer in Self.customers {
                #expect(try issue("\(customer)-CRIT", scene).priority?.name == "Lowest")
            }
            let (own, plain) = try (issue("acme-GH", scene), issue("plain-GH", scene))
            #expect(own.labels.contains("own") && !own.labels.contains("base") && own.labels.contains("github"))
            #expect(plain.labels.contains("base") && !plain.labels.contains("own"))
            let link = "customfield_10119"
            #expect((mode == .cloud ? own.parentKey : own.otherFields[link]?.stringValue) == epic)
            #expect(plain.parentKey == nil && plain.otherFields[link] == nil)
            #expect(own.otherFields["customfield_10100"] == nil && own.otherFields["customfield_10103"] != nil)
            #expect(own.otherFields["customfield_10115"]?[0]?.stringValue == "own")
            #expect(plain.otherFields["customfield_10100"]?.stringValue == "plain-GH")
            #expect(plain.otherFields["customfield_10115"] == nil)

            let due = try await scene.database.query(
                """
                SELECT control_id, due_at = kushim_jira.due_at(failed_at, 259200, true, 'Asia/Tokyo'),
                       due_at = kushim_jira.due_at(failed_at, 604800, false, 'UTC'),
                       (SELECT jsonb_array_length(detail -> 'alerts') FROM kushim_jira.audit_log a
                        WHERE a.control_id = t.control_id AND action = 'sla.scheduled')
                FROM kushim_jira.tickets t WHERE control_id LIKE '%-GH' ORDER BY 1
                """)
            #expect(due == [["acme-GH", "t", "f", "1"], ["plain-GH", "f", "t", "3"]])
            #expect(own.due != plain.due)
        }
    }

    @Test("What comes after a ticket is made is each customer's own too", arguments: GuideTests.modes)
    func afterwards(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode, configure: { $0.statusFreshness = .zero }) { scene in
            try await set(
                """
                {"tickets": {"accepted_resolutions": ["Won''t Do"], "quiet_for": "10d",
                             "deduplication": {"comment": "always"}}}
                """, scene)
            try await fail("CC1", scene)
            try await scene.runToTheEnd()
            try await fail("CC1", scene)
            try await scene.running {
                try await scene.allFinished()
                // A job of its own posts the comment.
                try await eventually("acme's second failure is told") { scene.jira.comments.count == 1 }
            }
            let (own, plain) = try (issue("acme-CC1", scene), issue("plain-CC1", scene))
            #expect(own.comments.count == 1 && plain.comments.isEmpty)

            for key in [own.key, plain.key] { try scene.jira.transition(key, resolution: "Won't Do") }
            try await fail("CC1", scene)
            try await scene.runToTheEnd()
            try await scene.letWindowPass()
            try await fail("CC1", scene)
            try await scene.runToTheEnd()
            // acme has accepted the risk, plain gets a new ticket.
            #expect(scene.jira.issues.filter { $0.summary.contains("acme-CC1") }.count == 1)
            #expect(scene.jira.issues.filter { $0.summary.contains("plain-CC1") }.count == 2)
            let reason = try await scene.database.value(
                "SELECT detail ->> 'reason' FROM kushim_jira.audit_log WHERE action = 'ticket.skipped' LIMIT 1")
            #expect(reason?.hasSuffix("which accepts the risk for 10d") == true, "\(reason ?? "")")
        }
    }

    @Test("A flood of acme's waits by acme's limit", arguments: GuideTests.modes)
    func flood(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode) { scene in
            try await set(#"{"tickets": {"per_hour": 1}}"#, scene)
            for number in 1...3 { try await fail("CC\(number)", scene) }
            try await scene.running {
                try await eventually("two of acme's wait, and nothing of the other's") {
                    let waiting = try await scene.database.query(
                        """
                        SELECT customer_id FROM kushim_jira.job_status
                        WHERE kind = 'compliance_failure' AND last_error LIKE '%tickets.per_hour%'
                        """)
                    return waiting == [["acme"], ["acme"]] && scene.jira.issues.count == 4
                }
            }
        }
    }

    @Test(
        "What acme's settings lack keeps only acme's tickets out of a project that both use",
        arguments: GuideTests.modes)
    func requiredField(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(
            mode,
            configure: {
                $0.tickets.fields = ["customfield_10106": .text("Production")]
                $0.gates.configuration = .seconds(3_600)
            }
        ) { scene in
            try scene.jira.update(project: "COMP") { $0.requiredFields = ["customfield_10106"] }
            try await set(#"{"tickets": {"fields": {"customfield_10106": null}}}"#, scene)
            let pool = scene.database.pool
            try await scene.running {
                for number in 1...3 {
                    try await fail("CC\(number)", scene)
                    try await eventually("acme's wait, the other's are made") {
                        let waiting = try await scene.database.query(
                            """
                            SELECT customer_id, count(*) FROM kushim_jira.job_status
                            WHERE kind = 'compliance_failure' AND strpos(last_error, 'requires Tier') > 0 GROUP BY 1
                            """)
                        return waiting == [["acme", "\(number)"]] && scene.jira.issues.count == number
                    }
                }
                #expect(try await scene.actions()["connection.blocked"] == 1)
                let shut = try await pool.execute(ListShutGates())
                let site = try #require(scene.configuration.connection).baseURL
                let tickets = scene.configuration.tickets
                #expect(ConnectionHindrance.gates(shut, at: site, for: tickets, of: "acme").count == 1)
                #expect(ConnectionHindrance.gates(shut, at: site, for: tickets).isEmpty)
                try await set(#"{"tickets": {"fields": {"customfield_10106": "Staging"}}}"#, scene)
                _ = try await CustomerPause.resume("acme", actor: "admin", on: pool)
                try await scene.allFinished()
            }
            try await scene.expectExactlyOnce(issues: 6)
        }
    }

    private static let unusable = [
        (#"{"tickets": {"isue_type": "Bug"}}"#, "tickets.isue_type: unknown key; did you mean issue_type?"),
        (#"{"tickets": {"labels": "own"}}"#, "tickets.labels: a list is expected"),
        (#"{"sla": {"due": {"high": "soon"}}}"#, "sla.due.high"),
    ]

    @Test(
        "Settings that cannot be used make acme's jobs wait, nobody else's; they cost no attempt and flow once corrected",
        arguments: GuideTests.modes, unusable)
    func wrong(mode: SimulatedJira.Mode, settings: (text: String, words: String)) async throws {
        try await Scene.with(mode, configure: { $0.gates.configuration = .seconds(3_600) }) { scene in
            try await set(settings.text, scene)
            for number in 1...3 { try await fail("CC\(number)", scene) }
            try await scene.running {
                try await eventually("acme's wait and say which key it is") {
                    try await scene.database.value(
                        """
                        SELECT count(*) FROM kushim_jira.job_status
                        WHERE customer_id = 'acme' AND strpos(last_error, '\(settings.words)') > 0
                        """) == "3"
                }
                try await eventually("the other's are made") { scene.jira.issues.count == 3 }
                try await set(#"{"tickets": {"issue_type": "Bug"}}"#, scene)
                _ = try await CustomerPause.resume("acme", actor: "admin", on: scene.database.pool)
                try await scene.allFinished()
            }
            try await scene.expectExactlyOnce(issues: 6)
            #expect(scene.jira.issues.filter { $0.type.name == "Bug" }.count == 3)
            #expect(try await scene.database.value("SELECT max(attempt) FROM kushim_jira.job_status") == "1")
        }
    }
}
