package import HTTP
import Jira

/// The section `slack` of the settings. An incoming webhook's URL is a secret: who has it can post.
package struct SlackSettings: Sendable {
    /// Webhooks by severity; else `webhook`.
    package var channels: [Severity: Secret] = [:]
    package var webhook: Secret?
    /// For a stand-in for Slack on loopback.
    package var allowsPlainHTTP = false

    package init() {}

    /// Where messages about failures of this severity go; nil: nowhere.
    func webhook(for severity: Severity) -> Secret? {
        [channels[severity], webhook].compactMap { $0 }.first { !$0.isEmpty }
    }

    /// Applies a customer's `slack` section, by RFC 7396.
    func patched(by patch: JSONValue?) throws(SettingsError) -> SlackSettings {
        var patched = self
        guard let patch else { return patched }
        switch patch {
        case .null: (patched.channels, patched.webhook) = ([:], nil)
        case .object: break
        default: throw SettingsError(path: "slack", problem: "a map is expected")
        }
        if let url = patch["webhook_url"] { patched.webhook = try Self.webhook(url, at: "slack.webhook_url") }
        switch patch["channels"] {
        case nil: break
        case .null: patched.channels = [:]
        case .object(let channels):
            for (name, url) in channels {
                guard let severity = Severity(rawValue: name) else { continue }
                patched.channels[severity] = try Self.webhook(url, at: "slack.channels.\(name)")
            }
        default: throw SettingsError(path: "slack.channels", problem: "a map is expected")
        }
        return patched
    }

    private static func webhook(_ value: JSONValue, at path: String) throws(SettingsError) -> Secret? {
        switch value {
        case .null: return nil
        case .string(let url) where url.isEmpty || WebhookAddress.isUsable(url): return Secret(url)
        case .string:
            throw SettingsError(path: path, problem: "is not an https URL; use the whole one, as Slack shows it")
        default: throw SettingsError(path: path, problem: "a webhook's URL is expected")
        }
    }
}

/// Settings of a customer that cannot be used.
package struct SettingsError: Error, Sendable, CustomStringConvertible {
    package var path: String
    package var problem: String
    package var description: String { "\(path): \(problem)" }
}

extension SettingsError {
    init(_ error: DecodingError, in section: String) {
        let context =
            switch error {
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
                .dataCorrupted(let context):
                context
            @unknown default: DecodingError.Context(codingPath: [], debugDescription: "\(error)")
            }
        path = context.codingPath.reduce(section) { path, key in
            key.intValue.map { "\(path)[\($0)]" } ?? "\(path).\(key.stringValue)"
        }
        problem = context.debugDescription
        if case .valueNotFound = error { problem = "a value is expected, not null" }
        guard case .typeMismatch(let type, _) = error else { return }
        switch type {
        case is String.Type: problem = "a text is expected"
        case is Bool.Type: problem = "true or false is expected"
        case is any FixedWidthInteger.Type: problem = "a whole number is expected"
        case is [Any].Type: problem = "a list is expected"
        default: problem = "a map is expected"
        }
    }
}
