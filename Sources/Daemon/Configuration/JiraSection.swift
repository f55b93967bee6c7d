import HTTP
import Jira

/// The section `jira`: the Jira of the environment, which customers use who have no connection of their own.
/// What a valid combination is, the Jira module knows; here it is asked while nothing needs to be sent yet.
struct JiraSection: Sendable {
    /// nil when no Jira is configured here.
    var connection: JiraSettings?
    var webhookSecret: Secret?
    var oauth: OAuth
    var oauth1: OAuth1
    /// Our own cap per connection, beside what Jira tells us.
    var requestsPerHour: Int?
    /// From the sending of a request to the last byte of its answer.
    var requestTimeout: Duration
    /// For how long after a create request without answer its issue may still appear.
    var settlingTime: Duration

    /// OAuth 2.0 (3LO).
    struct OAuth: Sendable {
        var clientID: String?
        var clientSecret: Secret?
        var callbackURL: String?
        var authURL: String
        var apiURL: String
    }

    /// OAuth 1.0a application link of older Data Center installations.
    struct OAuth1: Sendable {
        var consumerKey: String?
        /// RSA key, PEM.
        var privateKey: Secret?
        var accessToken: Secret?
    }

    private enum Deployment: String, CaseIterable, Sendable { case cloud, server }

    /// - Parameter lease: the worker's, by which the settling time is measured.
    init(_ reader: inout SettingsReader, lease: Duration) {
        let server = ["datacenter", "data-center", "data_center", "dc"].map { ($0, Deployment.server) }
        let type = reader.optional(
            "jira.type", variable: "JIRA_TYPE",
            .oneOf(Deployment.self, aliases: Dictionary(server) { first, _ in first }))
        let settings = JiraSettings(
            type: type?.rawValue,
            domain: reader.optional("jira.domain", variable: "JIRA_DOMAIN", .text),
            baseURL: reader.optional("jira.base_url", variable: "JIRA_BASE_URL", .text),
            cloudID: reader.optional("jira.cloud_id", variable: "JIRA_CLOUD_ID", .text),
            email: reader.optional("jira.email", variable: "JIRA_EMAIL", .email),
            apiToken: reader.secret("jira.api_token", variable: "JIRA_API_TOKEN"),
            personalAccessToken: reader.secret("jira.pat", variable: "JIRA_PAT"),
            username: reader.optional("jira.username", variable: "JIRA_USERNAME", .text),
            password: reader.secret("jira.password", variable: "JIRA_PASSWORD"),
            allowsPlainHTTP: reader.value("jira.allow_http", .flag, default: false))
        requestsPerHour = reader.optional("jira.requests_per_hour", .integer(in: 1...10_000_000))
        requestTimeout = reader.value(
            "jira.request_timeout", .duration(in: .seconds(1)...(.seconds(300))), default: .seconds(30))
        settlingTime = reader.value(
            "jira.settling_time", .duration(in: .seconds(1)...(.seconds(86_400))), default: .seconds(120))
        let longestLife = Self.longestLife(ofRequestWithin: requestTimeout, lease: lease)
        if settlingTime < longestLife {
            reader.report(
                "jira.settling_time",
                "is shorter than a request can live: \(longestLife.notation) with this worker.lease and jira.request_timeout",
                remedy: "raise it above that by what Jira may need to carry out a request; the default is 2m")
        }
        webhookSecret = reader.secret("jira.webhook_secret", variable: "JIRA_WEBHOOK_SECRET")
        oauth = OAuth(&reader)
        oauth1 = OAuth1(
            consumerKey: reader.optional("jira.oauth1.consumer_key", variable: "JIRA_OAUTH1_CONSUMER_KEY", .text),
            privateKey: reader.secret(
                "jira.oauth1.private_key", variable: "JIRA_OAUTH1_PRIVATE_KEY", isMultiline: true),
            accessToken: reader.secret("jira.oauth1.access_token", variable: "JIRA_OAUTH1_ACCESS_TOKEN"))

        guard Self.names.contains(where: reader.isSet), !reader.hasProblems(under: "jira") else { return }
        connection = settings
        Self.check(settings, &reader)
    }

    /// From the moment that the ledger says that a request is sent until the last byte of it can have reached Jira: the worker
    /// asks for its lease at the socket (two thirds of the lease at most), gives the request up after its timeout, and the
    /// kernel of a killed worker goes on sending for as long again.
    private static func longestLife(ofRequestWithin timeout: Duration, lease: Duration) -> Duration {
        lease * 2 / 3 + timeout * 2
    }

    /// Settings that show that somebody means a Jira.
    private static let names = [
        "jira.domain", "jira.base_url", "jira.cloud_id", "jira.email", "jira.api_token", "jira.pat", "jira.username",
        "jira.password",
    ]

    private static func check(_ settings: JiraSettings, _ reader: inout SettingsReader) {
        let address: JiraAddress
        do throws(JiraConfigurationError) {
            address = try JiraAddress(settings)
        } catch {
            return report(error, &reader)
        }
        for note in address.notes { reader.warn(note) }
        if let idle = settings.unusedAddress { reader.warn(idle) }
        for idle in settings.unusedCredentials(at: address.deployment) { reader.warn(idle) }
        do throws(JiraConfigurationError) {
            switch address.deployment {
            case .some(let deployment):
                _ = try settings.credentials(for: deployment)
            case nil:
                // Which kind it is, the server will say. Credentials for neither kind are wrong either way.
                if (try? settings.credentials(for: .cloud)) == nil { _ = try settings.credentials(for: .dataCenter) }
            }
        } catch {
            reader.reportForJira(variable: error.setting, error.problem, remedy: clause(error.remedy))
        }
    }

    private static func report(_ error: JiraConfigurationError, _ reader: inout SettingsReader) {
        reader.report(variable: error.setting, error.problem, remedy: clause(error.remedy))
    }

    private static func clause(_ sentence: String) -> String {
        let remedy = sentence.hasSuffix(".") ? String(sentence.dropLast()) : sentence
        return remedy.prefix(1).lowercased() + remedy.dropFirst()
    }
}

extension JiraSection.OAuth {
    init(_ reader: inout SettingsReader) {
        clientID = reader.optional("jira.oauth.client_id", variable: "JIRA_OAUTH_CLIENT_ID", .text)
        clientSecret = reader.secret("jira.oauth.client_secret", variable: "JIRA_OAUTH_CLIENT_SECRET")
        callbackURL = reader.optional("jira.oauth.callback_url", variable: "JIRA_OAUTH_CALLBACK_URL", .webAddress)
        authURL = reader.value(
            "jira.oauth.auth_url", variable: "JIRA_OAUTH_AUTH_URL", .webAddress, default: "https://auth.atlassian.com")
        apiURL = reader.value(
            "jira.oauth.api_url", variable: "JIRA_OAUTH_API_URL", .webAddress, default: "https://api.atlassian.com")
        if clientID != nil, clientSecret == nil {
            reader.report(
                "jira.oauth.client_id", "the OAuth app has no secret", remedy: "set JIRA_OAUTH_CLIENT_SECRET too")
        }
    }
}

extension SettingFormat where Value == String {
    fileprivate static var email: SettingFormat {
        matching("an e-mail address", remedy: "use the address of the token's owner") {
            let parts = $0.split(separator: "@", omittingEmptySubsequences: false)
            return parts.count == 2 && parts.allSatisfy { !$0.isEmpty } && !$0.contains(where: \.isWhitespace)
        }
    }
}
