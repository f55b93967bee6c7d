import Foundation
import Jira
import JiraSimulator
import Jobs
import TestSupport
import Testing

@testable import Compliance

@Suite("From failure to ticket")
struct EndToEndTests {
    static let modes: [SimulatedJira.Mode] = [.cloud, .dataCenter]

    @Test("Thirty failures, two repeats and one below the threshold", arguments: modes)
    func thirty(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode) { scene in
            for number in 1...30 {
                try await scene.fail("CC\(number)", severity: ["critical", "high", "medium"][number % 3])
            }
            try await scene.fail("CC1")
            try await scene.fail("CC2", severity: "medium")
            try await scene.fail("CC99", severity: "low")
            try await scene.runToTheEnd()

            try await scene.expectExactlyOnce(issues: 30)
            #expect(
                try await scene.actions() == [
                    "ticket.created": 30, "ticket.deduplicated": 2, "ticket.skipped": 1, "sla.scheduled": 30,
                ])
            #expect(
                try await scene.database.query(
                    "SELECT detail ->> 'rule' FROM kushim_jira.audit_log WHERE action = 'ticket.skipped'") == [
                        ["minimum_severity: medium"]
                    ])
            #expect(
                try await scene.database.query(
                    "SELECT control_id, failure_count FROM kushim_jira.tickets WHERE failure_count > 1 ORDER BY 1") == [
                        ["CC1", "2"], ["CC2", "2"],
                    ])
            // Critical: due in a day, so an alert a day before warns of nothing.
            #expect(
                try await scene.database.query(
                    """
                    SELECT t.severity, count(*) FROM kushim_jira.jobs j
                    JOIN kushim_jira.tickets t ON t.id = (j.payload ->> 'ticketId')::bigint
                    WHERE kind = 'sla_alert' GROUP BY 1 ORDER BY 1
                    """) == [["critical", "20"], ["high", "30"], ["medium", "30"]])
            #expect(
                try await scene.database.value(
                    "SELECT count(DISTINCT actor) FROM kushim_jira.audit_log WHERE actor = 'worker test (0.0)'") == "1")
        }
    }

    @Test("The ticket says what failed, and carries its identity", arguments: modes)
    func fields(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode) { scene in
            let job = try await scene.fail("AWS_IAM_MFA", severity: "critical") {
                $0["failureReason"] = "*bold* <script> {color:red} [x](javascript:1) \"quoted\""
            }
            try await scene.runToTheEnd()
            let issue = try #require(scene.jira.issues.first)
            #expect(issue.summary == "[AWS_IAM_MFA] Multi-factor authentication - Compliance Failure")
            #expect(issue.projectKey == "COMP" && issue.type.name == "Task" && issue.priority?.name == "Highest")
            let row = try await scene.database.query(
                "SELECT fingerprint, to_char(due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), issue_id, issue_key, issue_url FROM kushim_jira.tickets"
            )[0]
            let fingerprint = try #require(row[0])
            #expect(issue.due == row[1])
            #expect(String(issue.id) == row[2] && issue.key == row[3])
            #expect(row[4] == "https://jira.acme.example/browse/\(issue.key)")
            #expect(Set(issue.labels) == ["compliance", "soc2", "aws", "kushim-" + fingerprint.prefix(20)])
            let property = try #require(issue.properties["kushim"])
            #expect(property["fingerprint"]?.stringValue == fingerprint)
            #expect(property["jobId"]?.intValue == Int(job) && property["controlId"]?.stringValue == "AWS_IAM_MFA")
        }
    }

    @Test("A reason of forty thousand hostile characters makes a valid ticket", arguments: modes)
    func hostileReason(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode) { scene in
            let nasty = "'\"`*_{}[]()<>|\\~^ h1. ---- {code} [~admin] \u{202E}\u{7}\u{FFFE}é🦊👩‍👩‍👧\n\t$1; DROP TABLE x; "
            var reason = ""
            while reason.count < 40_000 { reason += nasty }
            try await scene.fail("CC6.1") { $0["failureReason"] = .string(reason) }
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 1)
        }
    }

    @Test("A payload that cannot be read is discarded, and the field is named")
    func badPayload() async throws {
        try await Scene.with { scene in
            // As an older version of the schema let it through.
            try await scene.fail("CC6.1")
            _ = try await scene.database.query(
                """
                ALTER TABLE kushim_jira.jobs DISABLE TRIGGER USER;
                UPDATE kushim_jira.jobs SET payload = payload || '{"detectedAt": "2026-99-99T99:99:99Z"}';
                ALTER TABLE kushim_jira.jobs ENABLE TRIGGER USER;
                """)
            try await scene.runToTheEnd()
            #expect(scene.jira.issues.isEmpty)
            #expect(try await scene.actions() == ["job.discarded": 1])
            let reason = try await scene.database.value("SELECT reason FROM kushim_jira.dead_letters") ?? ""
            #expect(reason.contains("payload.detectedAt"))
        }
    }

    @Test("Without a connection jobs wait, and say for what")
    func noConnection() async throws {
        try await Scene.with(configure: { $0.connection = nil }) { scene in
            try await scene.fail("CC6.1")
            try await scene.running {
                try await eventually("the reason is told") {
                    try await scene.database.value("SELECT last_error FROM kushim_jira.job_status")?
                        .contains("no Jira connection for customer acme") ?? false
                }
            }
            #expect(try await scene.actions() == [:])
        }
    }

    @Test("A resource makes another failure of the same control")
    func resources() async throws {
        try await Scene.with { scene in
            for resource in ["account-1", "account-2", "account-1"] {
                try await scene.fail("CC6.1") { $0["resource"] = .string(resource) }
            }
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 2)
        }
    }

    @Test("A control that fails after its ticket is done gets another, which names the former", arguments: modes)
    func nextEpisode(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(
            mode,
            configure: {
                $0.statusFreshness = .zero
                $0.tickets.deduplication.window = .hours(0)
            }
        ) { scene in
            try await scene.fail("CC6.1")
            try await scene.runToTheEnd()
            try scene.jira.transition("COMP-1", resolution: "Fixed")
            try await Task.sleep(for: .milliseconds(5))  // the next detection is later than the close
            try await scene.fail("CC6.1")
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 2)
            #expect(
                try await scene.database.query(
                    "SELECT state, episode FROM kushim_jira.tickets ORDER BY episode") == [
                        ["done", "1"], ["open", "2"],
                    ])
            #expect(
                try await scene.actions() == [
                    "ticket.created": 2, "ticket.resolved": 1, "sla.met": 1, "sla.scheduled": 2,
                ])
            #expect(
                try await scene.database.value(
                    """
                    SELECT detail ->> 'previousTicket' FROM kushim_jira.audit_log
                    WHERE action = 'ticket.created' AND issue_key = 'COMP-2'
                    """) == "COMP-1")
        }
    }

    @Test("A failure detected before the close belongs to the closed ticket")
    func beforeTheClose() async throws {
        try await Scene.with(configure: { $0.statusFreshness = .zero }) { scene in
            try await scene.fail("CC6.1")
            try await scene.runToTheEnd()
            try scene.jira.transition("COMP-1")
            for _ in 0..<2 {
                try await scene.fail("CC6.1") {
                    $0["detectedAt"] = .string(Date.now.addingTimeInterval(-3_600).formatted(.iso8601))
                }
                try await scene.runToTheEnd()
            }
            try await scene.expectExactlyOnce(issues: 1)
            #expect(try await scene.actions()["ticket.deduplicated"] == 2)
        }
    }

    @Test("A ticket that was deleted is told as deleted, and the next failure opens another")
    func deleted() async throws {
        try await Scene.with(configure: { $0.statusFreshness = .zero }) { scene in
            try await scene.fail("CC6.1")
            try await scene.runToTheEnd()
            try scene.jira.delete("COMP-1")
            try await scene.fail("CC6.1")
            try await scene.runToTheEnd()
            #expect(scene.jira.issues.map(\.key) == ["COMP-2"])
            let actions = try await scene.actions()
            #expect(actions["ticket.deleted"] == 1 && actions["ticket.created"] == 2)
        }
    }

    @Test("A project that is hidden from the account is no proof that its tickets are gone")
    func hidden() async throws {
        try await Scene.with(configure: { $0.statusFreshness = .zero }) { scene in
            try await scene.fail("CC6.1")
            try await scene.runToTheEnd()
            try scene.jira.update(project: "COMP") { $0.permissions.remove("BROWSE_PROJECTS") }
            try await scene.fail("CC6.1")
            try await scene.running {
                try await scene.oneFailureWaits(for: "COMP-1")
                try scene.jira.update(project: "COMP") { $0.permissions.insert("BROWSE_PROJECTS") }
                try await scene.allFinished()
            }
            #expect(scene.jira.issues.count == 1)
            let actions = try await scene.actions()
            #expect(actions["ticket.deleted"] == nil && actions["ticket.deduplicated"] == 1)
        }
    }

    @Test("A moved ticket is still the ticket: it is asked by its id")
    func moved() async throws {
        try await Scene.with(configure: { $0.statusFreshness = .zero }) { scene in
            try await scene.fail("CC6.1")
            try await scene.runToTheEnd()
            try scene.jira.move("COMP-1", to: "SEC")
            try await scene.fail("CC6.1")
            try await scene.runToTheEnd()
            #expect(scene.jira.issues.count == 1)
            #expect(try await scene.actions()["ticket.deduplicated"] == 1)
        }
    }

    @Test("Without de-duplication every failure has its ticket")
    func withoutDeduplication() async throws {
        try await Scene.with(configure: { $0.tickets.deduplication.enabled = false }) { scene in
            for _ in 0..<4 { try await scene.fail("CC6.1") }
            try await scene.runToTheEnd()
            #expect(scene.jira.issues.count == 4)
            #expect(try await scene.actions()["ticket.created"] == 4)
        }
    }
}
