package import HTTP
import Jira
import Jobs

/// What became of a message to Slack.
enum SlackDelivery: Sendable {
    case sent
    /// Nobody can tell whether it arrived.
    case unknown(String)
    /// Surely not sent; through no fault of its own.
    case later(wait: Duration, String)
    /// Surely not sent.
    case again(String)
    /// Surely not taken, nor would it be another time.
    case never(String)
}

extension SlackMessage {
    static func request(
        _ message: JSONValue, to webhook: Secret, _ settings: SlackSettings, _ context: JobContext
    ) -> HTTPRequest {
        HTTPRequest(
            method: .post, url: webhook.reveal(), headers: ["Content-Type": "application/json"],
            body: message.serialized(), maximumResponseBytes: 65_536, allowsPlainHTTP: settings.allowsPlainHTTP,
            maySend: context.stillHolds)
    }
}

extension ComplianceServices {
    /// - Parameter waitedBefore: how often the job was put off.
    func deliver(_ request: HTTPRequest, waitedBefore: Int) async -> SlackDelivery {
        let response: HTTPResponse
        do {
            response = try await http.send(request)
        } catch {
            let reason = "Slack did not answer: \(error.message)"
            if error.requestMayHaveReachedServer { return .unknown(reason) }
            let isOurs = [.leaveWithdrawn, .cancelled, .shutDown].contains(error.kind)
            return isOurs ? .later(wait: .zero, error.message) : .again(reason)
        }
        if response.status == 429 {
            let asked = RateLimitHints.retryAfter(response.headers, status: response.status) ?? .seconds(1)
            // Slack counts by the second: a limit of hours is believed once it is told again and again.
            let wait = min(asked, Duration.seconds(60) * (1 << min(max(waitedBefore, 0), 10)))
            return .later(wait: wait, "Slack asks for fewer messages (HTTP 429)")
        }
        guard let objection = SlackObjection(response) else { return .sent }
        return objection.isFinal
            ? .never("\(objection.problem); \(objection.remedy)") : .unknown(objection.problem)
    }
}

/// What Slack, or what stands in its place, has against a message.
package struct SlackObjection: Sendable {
    package var problem: String
    /// Continues the sentence of the problem.
    package var remedy: String
    /// Surely not posted.
    package var isFinal: Bool

    /// Nil if it was posted: Slack then says `ok`. Anything else with a good status is somebody else's answer.
    package init?(_ response: HTTPResponse) {
        let text = String(decoding: response.body.prefix(64), as: UTF8.self).trimmingSpace
        // Slack's error code, such as `no_service`; anything that is not one is not repeated, for it may hold the URL.
        let isCode = !text.isEmpty && text.utf8.allSatisfy { (97...122).contains($0) || $0 == 95 }
        let code = isCode && text != "ok" ? String(text) : nil
        switch response.status {
        case 200 where text == "ok": return nil
        case 200..<300:
            problem = "what answered HTTP \(response.status) was not Slack, which says ok"
            isFinal = false
        case 300..<500:
            problem =
                code.map { "the message was refused (HTTP \(response.status), \($0))" }
                ?? "what answered HTTP \(response.status) was not Slack, which names its reason in a word"
            isFinal = true
        default:
            problem = "Slack answered HTTP \(response.status)"
            isFinal = false
        }
        remedy = Self.remedy(for: code, status: response.status)
    }

    /// Continues a sentence. Only a word of Slack's proves that a webhook is gone.
    /// Source: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors
    private static func remedy(for code: String?, status: Int) -> String {
        let newWebhook = "make a new incoming webhook and set slack.channels or SLACK_WEBHOOK_URL"
        return switch (code, status) {
        case ("channel_is_archived", _): "unarchive the webhook's channel, or for another channel \(newWebhook)"
        case ("channel_not_found", _), ("user_not_found", _): "the webhook's channel is gone: \(newWebhook)"
        case ("action_prohibited", _), ("posting_to_general_channel_denied", _):
            "an administrator of the workspace forbids it: have the app allowed to post in that channel, or for another one"
                + " \(newWebhook)"
        case ("team_disabled", _), ("no_team", _), ("team_not_found", _):
            "the workspace is switched off or gone: in another one \(newWebhook)"
        case ("no_service", _), ("no_service_id", _), ("no_active_hooks", _), ("invalid_token", _),
            ("token_revoked", _), ("account_inactive", _):
            newWebhook
        case ("invalid_payload", _), ("invalid_blocks", _), ("invalid_attachments", _), ("too_many_attachments", _),
            ("no_text", _), ("msg_too_long", _):
            "the webhook is good, the message is not to Slack's liking: report this"
        case (_, 407):
            "a proxy before Slack wants a user name and a password: put them into HTTPS_PROXY or jira.proxy"
        case (_, 500...): "try again later"
        case (nil, 413): "have the proxy or firewall before Slack take messages of up to 64 KB"
        case (nil, _):
            "have the proxy or firewall before Slack let messages through, or correct slack.channels or SLACK_WEBHOOK_URL"
        default:
            "if that is not one of Slack's words, have the proxy or firewall before Slack let messages through; else have the"
                + " app that owns the webhook looked at in Slack"
        }
    }
}

extension String {
    fileprivate var trimmingSpace: Substring {
        var text = self[...]
        while text.last?.isWhitespace ?? false { text.removeLast() }
        return text
    }
}
