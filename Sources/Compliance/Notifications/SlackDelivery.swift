import HTTP
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
    func deliver(_ request: HTTPRequest) async -> SlackDelivery {
        let response: HTTPResponse
        do {
            response = try await http.send(request)
        } catch {
            let reason = "Slack did not answer: \(error.message)"
            if error.requestMayHaveReachedServer { return .unknown(reason) }
            let isOurs = [.leaveWithdrawn, .cancelled, .shutDown].contains(error.kind)
            return isOurs ? .later(wait: .zero, error.message) : .again(reason)
        }
        switch response.status {
        case 200..<300: return .sent
        case 429:
            let wait = RateLimitHints.retryAfter(response.headers, status: response.status) ?? .seconds(1)
            return .later(wait: wait, "Slack asks for fewer messages (HTTP 429)")
        case 300..<500:
            return .never(
                "Slack refused the message (HTTP \(response.status)\(SlackDelivery.code(response))); make a new incoming"
                    + " webhook and set slack.channels or SLACK_WEBHOOK_URL")
        default: return .unknown("Slack answered HTTP \(response.status)")
        }
    }
}

extension SlackDelivery {
    /// Slack's error code, such as `no_service`; anything that is not one is not repeated, for it may hold the URL.
    fileprivate static func code(_ response: HTTPResponse) -> String {
        let text = String(decoding: response.body.prefix(64), as: UTF8.self)
        let isCode = !text.isEmpty && text.utf8.allSatisfy { (97...122).contains($0) || $0 == 95 }
        return isCode ? ", \(text)" : ""
    }
}
