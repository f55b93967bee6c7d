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
        if patch.isNull || patch["channels"]?.isNull == true { patched.channels = [:] }
        for (name, value) in patch["channels"]?.objectValue ?? [:] {
            guard let severity = Severity(rawValue: name) else {
                throw SettingsError(path: "slack.channels.\(name)", problem: "not one of critical, high, medium, low")
            }
            switch value {
            case .null: patched.channels[severity] = nil
            case .string(let url): patched.channels[severity] = Secret(url)
            default: throw SettingsError(path: "slack.channels.\(name)", problem: "a webhook's URL is expected")
            }
        }
        return patched
    }
}

/// Settings of a customer that cannot be used.
package struct SettingsError: Error, Sendable, CustomStringConvertible {
    package var path: String
    package var problem: String
    package var description: String { "\(path): \(problem)" }
}
