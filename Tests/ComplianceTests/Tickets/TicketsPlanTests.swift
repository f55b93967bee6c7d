import Testing

@testable import Compliance
@testable import Jira

@Suite struct TicketsPlanTests {
    private func plan(
        _ changes: [String: JSONValue] = [:], _ change: (inout TicketSettings) -> Void = { _ in }
    ) throws -> TicketPlan {
        TicketPlanner(ExampleFailure.settings(change)).plan(try ExampleFailure.failure(changes), ExampleFailure.facts)
    }

    @Test func `a failure is drafted as the guide has it`() throws {
        let draft = try ExampleFailure.draft()
        #expect(draft.project == "COMP")
        #expect(draft.kind == .issueType("Task"))
        #expect(draft.summary == "[AWS_IAM_MFA] IAM MFA Enforcement - Compliance Failure")
        #expect(draft.priority == "High")
        #expect(draft.labels == ["compliance", "soc2", "aws", "kushim-0123456789abcdef0123"])
        #expect(draft.dueDate == "2026-01-22")
        #expect(draft.rule == nil)
    }

    @Test(arguments: [Severity.low, .medium, .high, .critical], [Severity.low, .medium, .high, .critical])
    func `severities below the threshold are skipped`(severity: Severity, minimum: Severity) throws {
        let plan = try plan(["severity": .string(severity.rawValue)]) { $0.minimumSeverity = minimum }
        guard case .skip(let skip) = plan else {
            #expect(severity >= minimum)
            return
        }
        #expect(severity < minimum)
        #expect(skip.rule == "minimum_severity: \(minimum.rawValue)")
    }

    @Test func `disabled controls are skipped, by id or glob`() throws {
        #expect(
            try plan { $0.disabledControls = ["OKTA_*", "aws_iam_*"] }
                == .skip(
                    TicketSkip(
                        rule: "disabled_controls: aws_iam_*", reason: "control AWS_IAM_MFA is disabled")))
    }

    @Test func `without a project nothing can be drafted, and the remedy is named`() throws {
        guard case .misconfigured(let reason) = try plan([:], { $0.project = nil }) else {
            Issue.record("a ticket without project")
            return
        }
        #expect(reason.contains("tickets.project"))
    }

    @Test func `the first rule that matches decides`() throws {
        func rule(_ match: TicketRule.Match, project: String) -> TicketRule {
            var rule = TicketRule(match: match)
            rule.project = project
            return rule
        }
        var decisive = rule(
            .init(control: ["AWS_*"], integration: ["aws"], severity: [.high], framework: ["SOC*"]), project: "B")
        decisive.assignee = "cloud@acme.com"
        decisive.components = ["Security"]
        decisive.labels = ["cloud"]
        decisive.priority = "P1"
        decisive.issueType = "Bug"
        let rules = [rule(.init(integration: ["OKTA"]), project: "A"), decisive, rule(.init(), project: "C")]
        let draft = try ExampleFailure.draft { $0.rules = rules }
        #expect(draft.project == "B")
        #expect(draft.assignee == "cloud@acme.com")
        #expect(draft.components == ["Security"])
        #expect(draft.labels == ["cloud", "aws", "kushim-0123456789abcdef0123"])
        #expect(draft.priority == "P1")
        #expect(draft.kind == .issueType("Bug"))
        #expect(draft.rule == "rules[1] (control: AWS_*, integration: aws, severity: high, framework: SOC*)")
        #expect(try ExampleFailure.draft(["severity": "medium"]) { $0.rules = rules }.project == "C")
        #expect(try ExampleFailure.draft(["integration": nil]) { $0.rules = rules }.project == "C")
    }

    @Test func `labels are such as Jira takes`() throws {
        let draft = try ExampleFailure.draft(["integration": "Google Cloud\n"]) {
            $0.labels = [
                "two words", "", " \t", "compliance", "compliance", String(repeating: "ä", count: 300), "a\u{0}b",
            ]
        }
        #expect(
            draft.labels == [
                "two-words", "compliance", String(repeating: "ä", count: 255), "a-b", "google-cloud",
                "kushim-0123456789abcdef0123",
            ])
        #expect(try ExampleFailure.draft { $0.labelIntegration = false }.labels.contains("aws") == false)
    }

    @Test func `a summary is never empty`() throws {
        #expect(try ExampleFailure.draft { $0.summary = "{missing}\n" }.summary == "AWS_IAM_MFA - Compliance Failure")
    }

    @Test func `without a time of detection the job's own stands`() throws {
        let draft = try ExampleFailure.draft(["detectedAt": nil]) {
            $0.description = "{timestamp} {customerId} {jobId} {dueDate}"
        }
        #expect(draft.description.plainText() == "2026-01-15T10:30:00Z acme 7 2026-01-22")
    }

    // MARK: Fields

    @Test func `where nothing is known of a field its value goes as it stands, and an empty list not at all`() throws {
        let fields = try ExampleFailure.draft {
            $0.fields = [
                "number": .json(5), "truth": .json(true), "numbers": .json([1, 2]), "mixed": .json([1, "{controlId}"]),
                "none": .json([]), "object": .json(["id": 7]),
            ]
        }.createFields(for: .cloud)
        #expect(fields["number"] == 5 && fields["truth"] == true && fields["numbers"] == [1, 2])
        #expect(fields["mixed"] == ["1", "AWS_IAM_MFA"] && fields["object"] == ["id": 7])
        #expect(fields["none"] == nil)
    }

    @Test func `Cloud gets ADF and account ids`() throws {
        let draft = try ExampleFailure.draft {
            $0.assignee = "5b10ac8d82e05b22cc7d4ef5"
            $0.components = ["Security"]
            $0.parent = "COMP-1"
        }
        var fields = draft.createFields(for: .cloud)
        #expect(fields.removeValue(forKey: "description")?["type"] == "doc")
        #expect(
            fields == [
                "project": ["key": "COMP"], "issuetype": ["name": "Task"],
                "summary": "[AWS_IAM_MFA] IAM MFA Enforcement - Compliance Failure", "priority": ["name": "High"],
                "labels": ["compliance", "soc2", "aws", "kushim-0123456789abcdef0123"],
                "components": [["name": "Security"]],
                "duedate": "2026-01-22", "parent": ["key": "COMP-1"],
                "assignee": ["accountId": "5b10ac8d82e05b22cc7d4ef5"],
            ])
    }

    @Test func `Data Center gets wiki markup and user names`() throws {
        let fields = try ExampleFailure.draft { $0.assignee = "jdoe@acme.com" }.createFields(for: .dataCenter)
        #expect(fields["description"]?.stringValue?.hasPrefix("----\n\n🚨 Compliance Control Failed") == true)
        #expect(fields["assignee"] == ["name": "jdoe@acme.com"])
    }

    @Test func `custom fields are filled in by their form; empty ones are not sent`() throws {
        let fields = try ExampleFailure.draft(["affectedSystems": ["a", "b", "a"]]) {
            $0.fields = [
                "cf_1": .text("{controlId}\nx"), "cf_2": .option("{framework}"),
                "cf_3": .options(["{affectedSystems}", "c"]),
                "cf_4": .json(["name": "{integration|lower}", "n": 5]), "cf_5": .text("{checkId}"),
                "cf_6": .options(["{checkId}"]),
                "cf_7": .json(42.5), "project": .text("EVIL"),
            ]
        }.createFields(for: .cloud)
        #expect(fields["cf_1"] == "AWS_IAM_MFA x")
        #expect(fields["cf_2"] == ["value": "SOC 2"])
        #expect(fields["cf_3"] == [["value": "a"], ["value": "b"], ["value": "c"]])
        #expect(fields["cf_4"] == ["name": "aws", "n": 5])
        #expect(fields["cf_5"] == nil)
        #expect(fields["cf_6"] == nil)
        #expect(fields["cf_7"] == 42.5)
        #expect(fields["project"] == ["key": "COMP"])
    }

    @Test func `of what is written as JSON nothing is sent that holds only variables without value`() throws {
        let fields = try ExampleFailure.draft {
            $0.fields = [
                "cf_1": .json(["name": "{team}"]), "cf_2": .json([["value": "{team}"]]),
                "cf_3": .json(["value": "EMEA", "child": ["value": "{region}"]]),
                "cf_4": .json([["value": "{team}"], ["value": "b"]]),
            ]
        }.createFields(for: .cloud)
        #expect(fields["cf_1"] == nil && fields["cf_2"] == nil)
        #expect(fields["cf_3"] == ["value": "EMEA"])
        #expect(fields["cf_4"] == [["value": "b"]])
    }

    @Test func `a person at a terminal can read it, and it cannot write to the terminal`() throws {
        let text = try ExampleFailure.draft(["failureReason": "red \u{1B}[31m"]) {
            $0.fields = ["cf_1": .option("x"), "cf_2\u{1B}[31m": .text("y")]
        }.text()
        #expect(text.hasPrefix("Project:    COMP\nIssue type: Task\nSummary:    [AWS_IAM_MFA] IAM MFA"))
        #expect(text.contains("cf_1:       x"))
        #expect(text.contains("• View Evidence (https://app.kushim.io/evidence/ev-42)"))
        #expect(!text.contains("\u{1B}"))
    }
}
