import Jira
import JiraSimulator
import TestSupport
import Testing

@testable import Compliance

/// A Data Center on a MySQL whose character set `utf8` has characters of three bytes at most.
@Suite("Characters of four bytes", .serialized)
struct WideCharacterTests {
    @Test("Data Center's default description has none; Cloud's is the guide's")
    func standard() throws {
        let planner = TicketPlanner(TicketSettings())
        let failure = try ComplianceFailure(payload: Payload.failure("CC1").json)
        for (deployment, isWide) in [(JiraConnection.Deployment.cloud, true), (.dataCenter, false)] {
            var settings = planner.settings
            settings.project = "COMP"
            let facts = TicketFacts(customerID: "acme", jobID: 1, insertedAt: .now, deployment: deployment)
            guard case .create(let draft) = TicketPlanner(settings).plan(failure, facts) else {
                Issue.record("no ticket")
                continue
            }
            let sent = JSONValue.object(JSONObject(draft.createFields(for: deployment)))
            #expect((sent.withoutWideCharacters != nil) == isWide)
            #expect(sent.description.contains("Compliance Control Failed"))
        }
    }

    @Test("Emoji go, of letters a sign stays, and the rest is as it was")
    func without() {
        let value: JSONValue = ["a": "🚨 x ⚠ 𠮷", "b": [1, "👍🏽y"], "c": "plain é 日本"]
        #expect(value.withoutWideCharacters == ["a": " x ⚠ \u{FFFD}", "b": [1, "y"], "c": "plain é 日本"])
        #expect(JSONValue.string("é 日本 ⚠").withoutWideCharacters == nil)
    }

    @Test("A refusal that may come of them is tried once without, and told", arguments: [400, 500])
    func refused(status: Int) async throws {
        try await Scene.with(.dataCenter) { scene in
            // What such a Jira says when its database refuses: in its own shape, or as an error of the server.
            try scene.jira.add(fault: "status=\(status),operation=createIssue,count=1,contains=🚨,body=jira")
            try await scene.fail("CC1") { $0["failureReason"] = "🚨 6 users" }
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 1)
            let omitted = try await scene.database.value(
                "SELECT detail ->> 'omitted' FROM kushim_jira.audit_log WHERE action = 'ticket.created'")
            #expect(omitted?.contains("characters of four bytes in description") == true, "\(omitted ?? "nothing")")
            #expect(!"\(scene.jira.issues)".contains("🚨"))
        }
    }
}
