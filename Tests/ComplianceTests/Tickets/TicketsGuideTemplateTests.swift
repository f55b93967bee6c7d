import Testing

@testable import Compliance
@testable import Jira

@Suite struct TicketsGuideTemplateTests {
    private func guideDraft(_ changes: [String: JSONValue] = [:]) throws -> TicketDraft {
        try ExampleFailure.draft(changes) { $0.description = guideTemplate }
    }

    @Test func `the guide's template, typed in as it stands, is wiki markup`() throws {
        #expect(
            try guideDraft().description.wikiMarkup() == """
                ----

                🚨 Compliance Control Failed

                ----

                *Control ID:* AWS_IAM_MFA
                *Control Title:* IAM MFA Enforcement
                *SOC 2 Framework:* SOC 2
                *Severity:* high

                *Failure Reason:*
                6 users without MFA

                *Evidence ID:* ev-42
                *Detected:* 2026-01-15T10:30:00Z

                *Required Actions:*

                # Review failure details
                # Implement remediation
                # Re-run compliance check
                # Verify resolution

                *Links:*

                * [View Evidence|https://app.kushim.io/evidence/ev-42]
                * [SOC 2 Control Details|https://app.kushim.io/controls/AWS_IAM_MFA]

                _Auto-created by Kushim Compliance Platform_
                """)
    }

    @Test func `the guide's template, typed in as it stands, is ADF`() throws {
        func text(_ text: String, _ marks: JSONValue...) -> JSONValue {
            var node: [String: JSONValue] = ["type": "text", "text": .string(text)]
            if !marks.isEmpty { node["marks"] = .array(marks) }
            return .object(node)
        }
        func link(_ url: String) -> JSONValue { ["type": "link", "attrs": ["href": .string(url)]] }
        func paragraph(_ content: JSONValue...) -> JSONValue { ["type": "paragraph", "content": .array(content)] }
        func list(_ type: String, _ items: JSONValue...) -> JSONValue {
            let items = items.map { ["type": "listItem", "content": [paragraph($0)]] as JSONValue }
            return ["type": .string(type), "content": .array(items)]
        }
        let strong: JSONValue = ["type": "strong"]
        let hardBreak: JSONValue = ["type": "hardBreak"]
        let rule: JSONValue = ["type": "rule"]
        let expected: JSONValue = [
            "version": 1, "type": "doc",
            "content": [
                rule, paragraph(text("🚨 Compliance Control Failed")), rule,
                paragraph(
                    text("Control ID:", strong), text(" "), text("AWS_IAM_MFA"), hardBreak,
                    text("Control Title:", strong), text(" "), text("IAM MFA Enforcement"), hardBreak,
                    text("SOC 2 Framework:", strong), text(" "), text("SOC 2"), hardBreak,
                    text("Severity:", strong), text(" "), text("high")),
                paragraph(text("Failure Reason:", strong), hardBreak, text("6 users without MFA")),
                paragraph(
                    text("Evidence ID:", strong), text(" "), text("ev-42"), hardBreak,
                    text("Detected:", strong), text(" "), text("2026-01-15T10:30:00Z")),
                paragraph(text("Required Actions:", strong)),
                list(
                    "orderedList", text("Review failure details"), text("Implement remediation"),
                    text("Re-run compliance check"), text("Verify resolution")),
                paragraph(text("Links:", strong)),
                list(
                    "bulletList", text("View Evidence", link("https://app.kushim.io/evidence/ev-42")),
                    text("SOC 2 Control Details", link("https://app.kushim.io/controls/AWS_IAM_MFA"))),
                paragraph(text("Auto-created by Kushim Compliance Platform", ["type": "em"])),
            ],
        ]
        #expect(try guideDraft().description.adf() == expected)
    }

    @Test func `what the payload lacks leaves no broken line`() throws {
        let markup = try guideDraft(["evidenceId": nil, "framework": nil]).description.wikiMarkup()
        #expect(markup.contains("*Evidence ID:* \n*Detected:*"))
        #expect(!markup.contains("View Evidence"))
        #expect(markup.contains("* [SOC 2 Control Details|"))
        let ours = try ExampleFailure.draft(["evidenceId": nil, "framework": nil]).description.wikiMarkup()
        #expect(ours.contains("*SOC 2 Framework:* n/a\n"))
        #expect(ours.contains("*Affected Systems:*\nn/a\n"))
        #expect(ours.contains("*Evidence ID:* n/a\n"))
        #expect(!ours.contains("View Evidence"))
    }

    @Test func `the default template lists the affected systems and links to the configured application`() throws {
        let planner = TicketPlanner(ExampleFailure.settings(), appURL: "https://kushim.acme.com/")
        let failure = try ExampleFailure.failure(["affectedSystems": ["user/ann", "user/bob"], "evidenceId": "a/b c"])
        guard case .create(let draft) = planner.plan(failure, ExampleFailure.facts) else {
            Issue.record("no ticket")
            return
        }
        let markup = draft.description.wikiMarkup()
        #expect(markup.contains("*Affected Systems:*\n\n* user/ann\n* user/bob\n"))
        #expect(markup.contains("[View Evidence|https://kushim.acme.com/evidence/a%2Fb%20c]"))
        #expect(markup.contains("[SOC 2 Control Details|https://kushim.acme.com/controls/AWS_IAM_MFA]"))
        #expect(planner.warnings() == [])
    }

    @Test func `an evidence URL of the payload is the link, unless it is no web address`() throws {
        let good = try ExampleFailure.draft(["evidenceUrl": "https://e.example/1?a=b#c"]).description.wikiMarkup()
        #expect(good.contains("[View Evidence|https://e.example/1?a=b#c]"))
        let bad = try ExampleFailure.draft(["evidenceUrl": "javascript:alert(1)"]).description
        #expect(bad.wikiMarkup().contains("* View Evidence\n"))
        #expect(!bad.adf().description.contains("javascript"))
    }
}
