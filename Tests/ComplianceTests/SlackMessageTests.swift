import Foundation
import Jira
import Testing

@testable import Compliance

@Suite("Messages to Slack")
struct SlackMessageTests {
    private func message(_ change: (inout AlertedTicket) -> Void = { _ in }) -> SlackMessage {
        var ticket = AlertedTicket(
            id: 1, state: .open, customerID: "acme", controlID: "CC6.1", controlTitle: "MFA", severity: .medium,
            projectKey: "COMP", issue: nil, dueAt: Date(timeIntervalSince1970: 1_800_000_000), shareElapsed: 0.754,
            timeLeft: .seconds(3_600))
        change(&ticket)
        let issue = IssueReference(id: "10001", key: "COMP-1", url: "https://acme.atlassian.net/browse/COMP-1")
        return SlackMessage(ticket: ticket, issue: issue, threshold: .share(percent: 75))
    }

    @Test("A payload cannot page anybody or forge a link")
    func hostile() {
        let message = message {
            $0.controlID = "<!channel> & <https://evil.example|click>"
            $0.controlTitle = "<!here> " + String(repeating: "x", count: 10_000)
        }
        let text = message.json["text"]?.stringValue ?? ""
        #expect(text.contains("&lt;!channel&gt; &amp; &lt;https"))
        let blocks = message.json["attachments"]?[0]?["blocks"]?.arrayValue ?? []
        for block in blocks {
            for value in [block["text"]].compactMap({ $0 }) + (block["fields"]?.arrayValue ?? []) {
                let content = value["text"]?.stringValue ?? ""
                #expect(content.count <= 3_000)
                if value["type"] == "mrkdwn" { #expect(!content.contains("<!channel") && !content.contains("<!here")) }
            }
        }
        #expect((blocks.first?["text"]?["text"]?.stringValue ?? "").count <= 150)
    }

    @Test("Colour and words tell a risk from a breach")
    func colours() {
        #expect(message().json["attachments"]?[0]?["color"] == "#ff9900")
        #expect(message().json["text"] == "SLA at risk (75%): COMP-1, CC6.1")
        let late = message { $0.timeLeft = .seconds(-1) }
        #expect(late.json["attachments"]?[0]?["color"] == "#ff0000")
        #expect(late.json["text"] == "SLA missed: COMP-1, CC6.1")
    }
}
