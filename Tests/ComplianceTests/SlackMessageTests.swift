import Foundation
import HTTP
import Jira
import Testing

@testable import Compliance

@Suite("Messages to Slack")
struct SlackMessageTests {
    private func message(_ change: (inout AlertedTicket) -> Void = { _ in }) -> SlackMessage {
        var ticket = AlertedTicket(
            id: 1, state: .open, customerID: "acme", controlID: "CC6.1", controlTitle: "MFA", severity: .medium,
            known: nil, dueAt: Date(timeIntervalSince1970: 1_800_000_000), shareElapsed: 0.754,
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

    @Test("Limits hold as Slack counts, whatever a character is made of")
    func limits() {
        let family = "👩‍👩‍👧‍👦"  // one character, eleven UTF-16 units
        let zalgo = "e" + String(repeating: "\u{301}", count: 5_000)
        for text in [String(repeating: family, count: 3_000), zalgo, String(repeating: "x", count: 10_000)] {
            let message = message {
                $0.controlID = text
                $0.controlTitle = text
            }
            let blocks = message.json["attachments"]?[0]?["blocks"]?.arrayValue ?? []
            for block in blocks {
                let limit = block["type"] == "header" ? 150 : 3_000
                #expect((block["text"]?["text"]?.stringValue ?? "").utf16.count <= limit)
                for field in block["fields"]?.arrayValue ?? [] {
                    #expect((field["text"]?.stringValue ?? "").utf16.count <= 2_000)
                }
            }
            let held = OperatorMessage.held(jobID: 1, controlID: text, scope: "jira x", reason: text, remedy: text)
            #expect((held.json(customerID: "acme")["text"]?.stringValue ?? "").utf16.count <= 40_000)
        }
    }

    @Test(
        "Only ok is sent; what is refused has the remedy that fits",
        arguments: [
            (200, "ok", nil, ""), (200, "ok\n", nil, ""), (200, "<html>Log in</html>", false, "not Slack"),
            (204, "", false, "not Slack"),
            (404, "no_service", true, "make a new incoming webhook"), (410, "channel_is_archived", true, "unarchive"),
            (403, "action_prohibited", true, "administrator"),
            (403, "invalid_token", true, "make a new incoming webhook"),
            (400, "invalid_blocks", true, "report this"), (400, "invalid_payload", true, "report this"),
            (404, "channel_not_found", true, "channel is gone"), (302, "", true, "not Slack"),
            (403, "<html>blocked https://hooks.slack.com/services/T/B/hush</html>", true, "not Slack"),
            (404, "no_service_id", true, "make a new incoming webhook"),
            (404, "<html>not here</html>", true, "not Slack"), (403, "forbidden", true, "not one of Slack's"),
            (403, "ok", true, "not Slack"), (400, "<html>Bad Request</html>", true, "not Slack"),
            (407, "<html>who are you</html>", true, "HTTPS_PROXY or jira.proxy"),
            (407, "denied", true, "HTTPS_PROXY or jira.proxy"),
            (413, "<html>too large</html>", true, "not Slack"), (405, "", true, "not Slack"),
            (503, "", false, ""),
        ] as [(Int, String, Bool?, String)])
    func objections(status: Int, body: String, isFinal: Bool?, remedy: String) {
        let response = HTTPResponse(status: status, headers: [:], body: Array(body.utf8), duration: .zero)
        let objection = SlackObjection(response)
        #expect(objection?.isFinal == isFinal)
        guard let objection else { return }
        #expect(remedy.isEmpty || "\(objection.problem); \(objection.remedy)".contains(remedy), "\(objection)")
        #expect(!"\(objection)".contains("hush"))
        #expect(remedy != "report this" || !objection.remedy.contains("new incoming webhook"))
        let isSlacksWord = ["no_", "invalid_token", "channel_", "action_"].contains { body.hasPrefix($0) }
        #expect(isSlacksWord || !objection.remedy.contains("new incoming webhook"), "\(objection)")
    }
}
