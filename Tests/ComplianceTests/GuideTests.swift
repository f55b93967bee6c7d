import Foundation
import HTTP
import Jira
import JiraSimulator
import TestSupport
import Testing

@testable import Compliance

/// The integration guide's tables, row by row, as its readers would try them.
@Suite("The integration guide")
struct GuideTests {
    static let modes = [SimulatedJira.Mode.cloud, .dataCenter]

    private static func text(_ rich: RichText?) -> String {
        switch rich {
        case .adf(let document): document.text
        case .wiki(let text): text
        case nil: ""
        }
    }

    /// The failure of the guide's example.
    private static func example(_ payload: inout [String: JSONValue]) {
        payload["controlTitle"] = "IAM MFA Enforcement"
        payload["failureReason"] = "6 users without MFA"
        payload["framework"] = "SOC 2"
        payload["integration"] = "AWS"
        payload["evidenceId"] = "ev-42"
        payload["detectedAt"] = .string(Date.now.addingTimeInterval(-60).formatted(.iso8601))
    }

    @Test("Ticket fields", arguments: modes)
    func ticketFields(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(
            mode,
            configure: {
                $0.tickets.components = ["Security", "Infrastructure"]
                $0.tickets.assignee = "jane.doe@acme-corp.com"
            }
        ) { scene in
            try await scene.fail("AWS_IAM_MFA", severity: "high", Self.example)
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 1)
            let issue = scene.jira.issues[0]
            #expect(issue.summary == "[AWS_IAM_MFA] IAM MFA Enforcement - Compliance Failure")
            let description = Self.text(issue.description)
            for words in [
                "Compliance Control Failed", "6 users without MFA", "SOC 2", "Re-run compliance check", "ev-42",
            ] {
                #expect(description.contains(words), "\(words)")
            }
            #expect(issue.priority?.name == "High")
            #expect(Set(issue.labels).isSuperset(of: ["compliance", "soc2", "aws"]))
            #expect(
                issue.otherFields["components"]?.arrayValue?.compactMap { $0["name"]?.stringValue } == [
                    "Security", "Infrastructure",
                ])
            let due = try await scene.database.value(
                "SELECT (failed_at + interval '7 days')::date::text FROM kushim_jira.tickets")
            #expect(issue.due == due)
            #expect(issue.assignee == .jane)
            #expect(issue.type.name == "Task" && issue.status == .toDo)
        }
    }

    @Test("Priority mapping and SLA by severity", arguments: modes)
    func severities(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode, configure: { $0.tickets.minimumSeverity = .low }) { scene in
            let rows = [("critical", "Highest", 1), ("high", "High", 7), ("medium", "Medium", 30), ("low", "Low", 90)]
            for (severity, _, _) in rows {
                try await scene.fail("CC_\(severity)", severity: severity, Self.example)
            }
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 4)
            for (severity, priority, days) in rows {
                let issue = try #require(scene.jira.issues.first { $0.summary.contains("CC_\(severity)") })
                #expect(issue.priority?.name == priority)
                let due = try await scene.database.value(
                    "SELECT (failed_at + interval '\(days) days')::date::text FROM kushim_jira.tickets WHERE severity = '\(severity)'"
                )
                #expect(issue.due == due)
            }
        }
    }

    @Test("When tickets are created: from medium on, not for disabled controls, not twice", arguments: modes)
    func whenCreated(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode, configure: { $0.tickets.disabledControls = ["OKTA_*"] }) { scene in
            try await scene.fail("AWS_IAM_MFA", severity: "medium", Self.example)
            try await scene.fail("AWS_IAM_MFA", severity: "medium", Self.example)
            try await scene.fail("GITHUB_BRANCH", severity: "low", Self.example)
            try await scene.fail("OKTA_2FA", severity: "critical", Self.example)
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 1)
            let rules = try await scene.database.query(
                "SELECT detail ->> 'rule' FROM kushim_jira.audit_log WHERE action = 'ticket.skipped' ORDER BY 1")
            #expect(rules == [["disabled_controls: OKTA_*"], ["minimum_severity: medium"]])
        }
    }

    @Test("Assignment and routing rules: the first that matches, else the default", arguments: modes)
    func rules(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(
            mode,
            configure: {
                var aws = TicketRule(match: .init(integration: ["AWS"]))
                aws.project = "INFRA"
                aws.assignee = "jane.doe@acme-corp.com"
                var github = TicketRule(match: .init(control: ["GITHUB_*"]))
                github.project = "DEV"
                github.issueType = "Bug"
                github.components = ["Security"]
                github.labels = ["urgent"]
                github.priority = "Lowest"
                $0.tickets.rules = [aws, github]
                $0.tickets.assignee = "admin@acme-corp.com"
            }
        ) { scene in
            try await scene.fail("AWS_IAM_MFA", severity: "high", Self.example)
            try await scene.fail("GITHUB_BRANCH") { $0["integration"] = "GITHUB" }
            try await scene.fail("OKTA_2FA") { $0["integration"] = "OKTA" }
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 3)
            func issue(_ control: String) throws -> SimulatedIssue {
                try #require(scene.jira.issues.first { $0.summary.contains(control) })
            }
            let (aws, github, okta) = try (issue("AWS_IAM_MFA"), issue("GITHUB_BRANCH"), issue("OKTA_2FA"))
            #expect(aws.projectKey == "INFRA" && aws.assignee == .jane && aws.type.name == "Task")
            #expect(github.projectKey == "DEV" && github.type.name == "Bug" && github.priority?.name == "Lowest")
            #expect(github.labels.contains("urgent") && !github.labels.contains("soc2"))
            #expect(github.assignee == .administrator)
            #expect(okta.projectKey == "COMP" && okta.assignee == .administrator && okta.labels.contains("okta"))
        }
    }

    @Test("Custom field mapping", arguments: modes)
    func customFields(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(
            mode,
            configure: {
                $0.tickets.fields = [
                    "customfield_10100": .text("{controlId}"), "customfield_10107": .text("{framework}"),
                    "customfield_10102": .text("{evidenceUrl}"), "customfield_10109": .text("{affectedSystems}"),
                ]
            }
        ) { scene in
            try await scene.fail("AWS_IAM_MFA") {
                Self.example(&$0)
                $0["affectedSystems"] = ["Identity", "Network"]
            }
            try await scene.runToTheEnd()
            let fields = scene.jira.issues[0].otherFields
            #expect(fields["customfield_10100"]?.stringValue == "AWS_IAM_MFA")
            #expect(fields["customfield_10107"]?[0]?["value"]?.stringValue == "SOC 2")
            #expect(fields["customfield_10102"]?.stringValue == "https://app.kushim.io/evidence/ev-42")
            #expect(fields["customfield_10109"]?.arrayValue?.count == 2)
        }
    }

    // MARK: Troubleshooting

    /// Each trouble of the guide: what is wrong, and what the waiting jobs and the audit log then say.
    private static let troubleshooting: [(name: String, words: [String], remedy: String)] = [
        ("credentials", ["the credentials"], "token"),
        ("project", ["project"], "tickets.project"),
        ("archived", ["project"], "tickets.project"),
        ("required", ["requires Component/s (components)"], "tickets: {components: [\"Security\"]}"),
        ("issue type", ["has no issue type Task"], "tickets.issue_type to one of: Bug"),
    ]

    @Test("Troubles are told with their remedy, cost no attempt, and end when they are mended", arguments: modes, 0..<5)
    func troubles(mode: SimulatedJira.Mode, index: Int) async throws {
        let trouble = Self.troubleshooting[index]
        try await Scene.with(mode) { scene in
            let credentials: [SimulatedCredential] = SimulatedCredential.defaults
            switch trouble.name {
            case "credentials": scene.jira.set(credentials: [])
            case "project": try scene.jira.update(project: "COMP") { $0.permissions = [] }
            case "archived": try scene.jira.update(project: "COMP") { $0.isArchived = true }
            case "required": try scene.jira.update(project: "COMP") { $0.requiredFields = ["components"] }
            default: try scene.jira.update(project: "COMP") { $0.issueTypes = [IssueType(id: "10002", name: "Bug")] }
            }
            for number in 1...3 { try await scene.fail("CC\(number)") }
            try await scene.running {
                try await eventually("all wait") {
                    try await scene.database.value("SELECT count(*) FROM kushim_jira.scheduled WHERE snoozes > 0")
                        == "3"
                }
                let told = try await scene.database.query(
                    "SELECT DISTINCT detail ->> 'reason', detail ->> 'remedy' FROM kushim_jira.audit_log")
                #expect(told.count == 1, "\(told)")
                for words in trouble.words { #expect(told[0][0]?.contains(words) == true, "\(told)") }
                #expect(told[0][1]?.contains(trouble.remedy) == true, "\(told)")
                try await eventually("each job says what to do") {
                    try await scene.database.query(
                        "SELECT DISTINCT last_error FROM kushim_jira.job_status WHERE kind <> 'notification'"
                    )
                    .allSatisfy { $0[0]?.contains(trouble.remedy) == true }
                }

                scene.jira.set(credentials: credentials)
                try scene.jira.update(project: "COMP") {
                    $0 = SimulatedProject(key: "COMP", name: "Compliance Management")
                }
                try await scene.allFinished()
            }
            try await scene.expectExactlyOnce(issues: 3)
            #expect(try await scene.database.value("SELECT max(attempt) FROM kushim_jira.job_status") == "1")
        }
    }

    @Test("Rate limiting is waited out", arguments: modes)
    func rateLimit(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode) { scene in
            try scene.jira.add(fault: "status=429,retry-after=1s,operation=createIssue,count=2")
            for number in 1...3 { try await scene.fail("CC\(number)") }
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 3)
            #expect(try await scene.database.value("SELECT max(attempt) FROM kushim_jira.job_status") == "1")
        }
    }

    @Test("Domain not found: jobs wait and name the host, and flow once the domain is right", arguments: modes)
    func domain(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode) { scene in
            var mistyped = scene
            mistyped.configuration.connection?.baseURL = "https://jira.invalid"
            mistyped.configuration.connection?.settings.site = "JIRA_DOMAIN"
            for number in 1...3 { try await scene.fail("CC\(number)") }
            try await mistyped.running {
                try await eventually("each job says which host it is and what to check") {
                    let told = try await scene.database.query(
                        "SELECT last_error FROM kushim_jira.job_status WHERE kind = 'compliance_failure'")
                    return told.allSatisfy { row in
                        ["jira.invalid", "JIRA_DOMAIN"].allSatisfy { row[0]?.contains($0) == true }
                    }
                }
                // An operator is told, as the look-up has failed often enough to be no matter of a moment.
                try await eventually("it is recorded") {
                    try await scene.actions()["connection.blocked"] == 1
                }
            }
            #expect(scene.jira.counters.requests == 0)
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 3)
            #expect(try await scene.database.value("SELECT max(attempt) FROM kushim_jira.job_status") == "1")
        }
    }

    @Test(
        "Duplicate tickets: one for a control that keeps failing, unless de-duplication is off", arguments: modes,
        [true, false])
    func duplicates(mode: SimulatedJira.Mode, isDeduplicated: Bool) async throws {
        try await Scene.with(mode, configure: { $0.tickets.deduplication.enabled = isDeduplicated }) { scene in
            try scene.jira.createIssue(project: "COMP", summary: "[AWS_IAM_MFA] made by an auditor")
            for _ in 1...3 {
                try await scene.fail("AWS_IAM_MFA", Self.example)
                try await scene.fail("OKTA_2FA", Self.example)
                try await scene.runToTheEnd()
            }
            // The auditor's becomes the control's ticket; without de-duplication nobody asks for it.
            func count(_ control: String) -> Int { scene.jira.issues.filter { $0.summary.contains(control) }.count }
            #expect(count("AWS_IAM_MFA") == (isDeduplicated ? 1 : 4))
            #expect(count("OKTA_2FA") == (isDeduplicated ? 1 : 3))
            let tickets = try await scene.database.value("SELECT sum(failure_count) FROM kushim_jira.tickets")
            #expect(tickets == "6", "no failure is lost")
        }
    }

    @Test(
        "Duplicate tickets: what Jira hides from the account gets one ticket beside it, not one for each failure",
        arguments: modes)
    func hiddenFromTheAccount(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode, configure: { $0.statusFreshness = .zero }) { scene in
            let auditors = try scene.jira.createIssue(project: "COMP", summary: "[AWS_IAM_MFA] made by an auditor").key
            try scene.jira.edit(auditors) { $0.isHidden = true }
            try await scene.fail("AWS_IAM_MFA", Self.example)
            try await scene.runToTheEnd()
            #expect(scene.jira.issues.count == 2)

            // Neither the auditor's that is seen now, nor a project that is not seen any more, makes another.
            try scene.jira.edit(auditors) { $0.isHidden = false }
            try await scene.fail("AWS_IAM_MFA", Self.example)
            try await scene.runToTheEnd()
            try scene.jira.update(project: "COMP") { $0.permissions.remove("BROWSE_PROJECTS") }
            try await scene.fail("AWS_IAM_MFA", Self.example)
            try await scene.running {
                try await scene.oneFailureWaits(for: "COMP-2")
                try scene.jira.update(project: "COMP") { $0.permissions.insert("BROWSE_PROJECTS") }
                try await scene.allFinished()
            }
            #expect(scene.jira.issues.count == 2)
            #expect(
                try await scene.database.query("SELECT state, failure_count FROM kushim_jira.tickets") == [
                    ["open", "3"]
                ])
        }
    }
}
