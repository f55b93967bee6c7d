import FoundationEssentials
import Jira
import Jobs

/// An alert as Slack shows it: a coloured attachment of blocks, and a line of text for notifications and screen readers.
///
/// Values stand in `plain_text`, or escaped: what a failure brings must page nobody and link nowhere.
/// Source: https://docs.slack.dev/messaging/formatting-message-text
struct SlackMessage {
    var ticket: AlertedTicket
    var issue: IssueReference
    var threshold: AlertThreshold

    var json: JSONValue {
        [
            "text": .string(Self.escaped(headline.singleLine(limit: 1_000))),
            "attachments": [
                [
                    "color": .string(color),
                    "blocks": [
                        ["type": "header", "text": Self.plain(headline, limit: 150)],
                        [
                            "type": "section",
                            "fields": [
                                Self.plain("Control: \(ticket.controlID)"),
                                Self.plain("Severity: \(ticket.severity.rawValue)"),
                                Self.plain("Time gone: \(Int(saturating: ticket.shareElapsed * 100)) %"),
                                ["type": "mrkdwn", "text": .string("Due: \(due)")],
                            ],
                        ],
                        ["type": "section", "text": Self.plain(ticket.controlTitle, limit: 2_000)],
                        [
                            "type": "section",
                            "text": [
                                "type": "mrkdwn",
                                "text": .string("<\(link)|\(Self.escaped(issue.key.singleLine(limit: 100)))>"),
                            ],
                        ],
                    ],
                ]
            ],
        ]
    }

    private var headline: String {
        ticket.timeLeft <= .zero
            ? "SLA missed: \(issue.key), \(ticket.controlID)"
            : "SLA at risk (\(threshold)): \(issue.key), \(ticket.controlID)"
    }

    private var color: String {
        if ticket.timeLeft <= .zero { return "#ff0000" }
        return switch ticket.severity {
        case .critical, .high: "#ff0000"
        case .medium: "#ff9900"
        case .low: "#36a64f"
        }
    }

    /// In the reader's time zone.
    private var due: String {
        let text = ticket.dueAt.formatted(.iso8601)
        return "<!date^\(Int64(ticket.dueAt.timeIntervalSince1970))^{date_short_pretty} {time}|\(text)>"
    }

    private var link: String {
        issue.url.replacing("|", with: "%7C").replacing("<", with: "%3C").replacing(">", with: "%3E")
    }

    /// - Parameter limit: in UTF-16 units, of which no text has fewer than characters, however they are counted.
    private static func plain(_ text: String, limit: Int = 1_900) -> JSONValue {
        let short = text.singleLine(limit: limit)
        return ["type": "plain_text", "text": .string(short.isEmpty ? "-" : short), "emoji": false]
    }

    static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}
