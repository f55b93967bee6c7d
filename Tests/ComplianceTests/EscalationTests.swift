import Foundation
import Jira
import JiraSimulator
import TestSupport
import Testing

@testable import Compliance

/// A control that fails again while its ticket is open.
@Suite("Failures of a control with an open ticket")
struct EscalationTests {
    private func text(_ comment: SimulatedComment) -> String {
        switch comment.body {
        case .adf(let document): document.text
        case .wiki(let text): text
        }
    }

    private func allDone(_ scene: Scene) async throws {
        try await scene.running {
            try await scene.allFinished()
            try await eventually("the comments are posted") {
                try await scene.database.value(
                    "SELECT count(*) FROM kushim_jira.job_status WHERE kind = 'notification' AND finished_at IS NULL")
                    == "0"
            }
        }
    }

    @Test(
        "A higher severity is told once, moves the due date forward, and the alerts with it",
        arguments: [SimulatedJira.Mode.cloud, .dataCenter])
    func escalates(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode) { scene in
            try await scene.fail("CC1", severity: "medium")
            try await scene.runToTheEnd()
            // Many at once, and one after: one comment for the severity.
            for _ in 0..<5 { try await scene.fail("CC1", severity: "critical") }
            try await allDone(scene)
            try await scene.fail("CC1", severity: "critical")
            try await scene.fail("CC1", severity: "medium")
            try await allDone(scene)
            try await scene.expectExactlyOnce(issues: 1)

            let comments = scene.jira.comments.map(text)
            #expect(comments.count == 1, "\(comments)")
            #expect(comments[0].contains("failed again with severity ") && comments[0].contains("(before: medium)"))
            let days = try await scene.database.query(
                "SELECT to_char(due_at, 'YYYY-MM-DD'), severity, (due_at - failed_at)::text FROM kushim_jira.tickets")
            #expect(days[0][1] == "critical" && days[0][2]?.hasPrefix("1 day") == true, "\(days)")
            #expect(comments[0].contains(days[0][0] ?? "?"))
            let told = try await scene.database.query(
                "SELECT detail ->> 'from', detail ->> 'to' FROM kushim_jira.audit_log WHERE action = 'ticket.escalated'"
            )
            #expect(told == [["medium", "critical"]])
            #expect(try await scene.actions()["ticket.commented"] == 1)
            #expect(try await scene.actions()["ticket.deduplicated"] == 7)
            let alerts = try await scene.database.query(
                """
                SELECT j.payload ->> 'threshold', count(*) FROM kushim_jira.jobs j
                WHERE kind = 'sla_alert' AND payload ->> 'escalatedTo' = 'critical' GROUP BY 1 ORDER BY 1
                """)
            #expect(alerts == [["0h", "1"], ["75%", "1"]])
        }
    }

    @Test("Alerts of the due date that came forward are told, those of the former one are not")
    func alerts() async throws {
        try await Scene.with { scene in
            try await scene.fail("CC1", severity: "medium")
            try await scene.runToTheEnd()
            try await scene.fail("CC1", severity: "critical")
            try await allDone(scene)
            _ = try await scene.database.query(
                """
                UPDATE kushim_jira.scheduled SET run_at = clock_timestamp() WHERE job_id IN (
                    SELECT id FROM kushim_jira.jobs WHERE kind = 'sla_alert')
                """)
            try await scene.running {
                try await eventually("all alerts are done") {
                    try await scene.database.value(
                        "SELECT count(*) FROM kushim_jira.job_status WHERE kind = 'sla_alert' AND finished_at IS NULL")
                        == "0"
                }
            }
            let raised = try await scene.database.query("SELECT threshold FROM kushim_jira.alerts ORDER BY 1")
            #expect(raised == [["0h (critical)"], ["75% (critical)"]])
        }
    }

    @Test(
        "Each failure again is a comment with its evidence, if the settings say so, or one a day",
        arguments: [
            (TicketSettings.Deduplication.Comment.never, 0), (.daily, 1), (.always, 3),
        ])
    func repeated(setting: TicketSettings.Deduplication.Comment, comments: Int) async throws {
        try await Scene.with(configure: { $0.tickets.deduplication.comment = setting }) { scene in
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            for number in 1...3 {
                try await scene.fail("CC1") {
                    $0["evidenceId"] = .string("ev-\(number)")
                    $0["failureReason"] = "*still* {color:red}broken"
                }
                try await allDone(scene)
            }
            try await scene.expectExactlyOnce(issues: 1)
            let texts = scene.jira.comments.map(text)
            #expect(texts.count == comments)
            #expect(texts.enumerated().allSatisfy { $0.element.contains("ev-\($0.offset + 1)") }, "\(texts)")
            #expect(try await scene.database.value("SELECT failure_count FROM kushim_jira.tickets") == "4")
        }
    }

    @Test(
        "A comment whose answer is lost is looked for, and not posted twice",
        arguments: ["close-after-commit", "close-before-commit"])
    func lostAnswer(fault: String) async throws {
        try await Scene.with { scene in
            try await scene.fail("CC1", severity: "medium")
            try await scene.runToTheEnd()
            try scene.jira.add(fault: "\(fault),operation=addComment,count=1")
            try await scene.fail("CC1", severity: "high")
            try await allDone(scene)
            #expect(scene.jira.comments.count == 1)
            let found = try await scene.database.value(
                "SELECT detail ->> 'foundAfterDoubt' FROM kushim_jira.audit_log WHERE action = 'ticket.commented'")
            #expect(found == (fault == "close-after-commit" ? "true" : nil))
        }
    }

    @Test("A comment that Jira refuses costs nothing but itself")
    func refused() async throws {
        try await Scene.with(.cloud, { $0.settings.commentLimit = 0 }) { scene in
            try await scene.fail("CC1", severity: "medium")
            try await scene.runToTheEnd()
            try await scene.fail("CC1", severity: "high")
            try await allDone(scene)
            let actions = try await scene.actions()
            #expect(
                actions["ticket.escalated"] == 1 && actions["ticket.skipped"] == 1 && actions["ticket.commented"] == nil
            )
        }
    }
}
