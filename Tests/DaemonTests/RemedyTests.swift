import Compliance
import Testing

@testable import Daemon
@testable import HTTP
@testable import Jira

/// Every remedy names only settings that exist, and that have an effect on that deployment and with that sign-in.
@Suite struct RemedyTests {
    struct Place: Sendable, CustomTestStringConvertible {
        var deployment: JiraConnection.Deployment
        var signIn: RequestContext.SignIn
        var usesGateway = false
        var site = "https://jira.acme.com"
        var settings = AddressSettings()

        var testDescription: String { "\(deployment) \(signIn) \(usesGateway ? "gateway " : "")\(site) \(settings)" }

        /// What an operator can set there. Jira's other kind has its own.
        var usableVariables: Set<String> {
            var names: Set = [settings.site, "JIRA_CA_FILE", "HTTPS_PROXY", "NO_PROXY"]
            switch deployment {
            case .cloud:
                names.formUnion(["JIRA_API_TOKEN", "JIRA_EMAIL", settings.cloudID])
                if !usesGateway, !site.hasSuffix("atlassian.net") { names.insert("JIRA_TYPE") }
            case .dataCenter:
                names.insert("JIRA_PAT")
                if signIn == .password { names.formUnion(["JIRA_USERNAME", "JIRA_PASSWORD"]) }
            }
            if signIn == .none { names.insert("JIRA_TYPE") }
            return names
        }

        func context(sent: Set<String>? = nil, api: JiraAPI = .platform) -> RequestContext {
            RequestContext(
                operation: "create_issue", hasEffect: true, api: api,
                circumstances: .init(
                    deployment: deployment, site: site, usesGateway: usesGateway, signIn: signIn, settings: settings),
                scrubber: SecretScrubber([]), sentFields: sent)
        }
    }

    static let places: [Place] = [
        Place(
            deployment: .cloud, signIn: .apiToken, site: "https://acme.atlassian.net",
            settings: AddressSettings(site: "JIRA_DOMAIN")),
        Place(deployment: .cloud, signIn: .apiToken, site: "https://jira.acme.com"),
        Place(
            deployment: .cloud, signIn: .apiToken, usesGateway: true, site: "https://acme.atlassian.net",
            settings: AddressSettings(site: "JIRA_DOMAIN")),
        Place(
            deployment: .cloud, signIn: .apiToken, usesGateway: true, site: "https://acme.atlassian.net",
            settings: AddressSettings(site: "JIRA_BASE_URL", cloudID: "JIRA_BASE_URL")),
        Place(deployment: .dataCenter, signIn: .personalAccessToken, settings: AddressSettings(site: "JIRA_DOMAIN")),
        Place(deployment: .dataCenter, signIn: .password), Place(deployment: .dataCenter, signIn: .none),
        Place(deployment: .cloud, signIn: .none),
    ]

    private static let transports: [HTTPError.Kind] = [
        .invalidURL, .invalidRequest, .refusedAddress, .cannotResolve, .cannotConnect, .proxyRefused(status: 403),
        .proxyRefused(status: 407), .proxyRefused(status: 401), .proxyRefused(status: 429),
        .proxyRefused(status: 503), .tls, .timedOut, .connectionLost, .truncatedBody, .responseTooLarge,
        .leaveWithdrawn,
        .cancelled, .shutDown, .other(1),
    ]
    private static let fields = [
        "project", "issuetype", "summary", "description", "priority", "labels", "components", "assignee", "reporter",
        "duedate", "parent", "pid", "customfield_10001",
    ]

    private static func kinds() -> [JiraError.Kind] {
        [
            .credentialsRefused, .anonymous, .captcha, .forbidden, .notFound, .rateLimited, .removedEndpoint, .conflict,
            .tooLarge, .unavailable(status: 503), .redirected(to: "https://login.acme.com"), .unreadableAnswer,
            .invalid(fields: [:]),
        ] + fields.map { .invalid(fields: [$0: "…"]) }
            + transports.map { .transport(HTTPError(kind: $0, message: "", requestMayHaveReachedServer: false)) }
    }

    /// Settings that a remedy may name, and those that decide nothing yet.
    private static func settings() throws -> (keys: Set<String>, idle: Set<String>) {
        let loaded = try LoadedConfiguration.load(path: nil, environment: [:], defaultPath: "/nowhere")
        let keys = loaded.settings.map(\.key)
        let all = Set(keys + ["tickets.priorities", "sla.due", "slack.channels"])
        return (
            all,
            Set(
                all.filter {
                    $0.hasPrefix("jira.oauth") || $0 == "jira.requests_per_hour" || $0 == "jira.webhook_secret"
                })
        )
    }

    @Test(arguments: places)
    func `a remedy names what exists and helps there`(place: Place) throws {
        let (keys, idle) = try Self.settings()
        for kind in Self.kinds() {
            for isScopeMissing in [false, true] where !isScopeMissing || place.usesGateway {
                for sent in [nil, [], Set(Self.fields)] as [Set<String>?] {
                    for status in [nil, 200, 404, 403] {
                        let remedy = place.context(sent: sent).remedy(
                            for: kind, status: status, isScopeMissing: isScopeMissing)
                        for name in remedy.matches(of: /[A-Z]+(?:_[A-Z]+)+/).map({ String($0.output) }) {
                            #expect(place.usableVariables.contains(name), "\(kind): \(remedy)")
                        }
                        for name in remedy.matches(of: /(?:tickets|sla|jira|slack)\.[a-z_]+(?:\.[a-z_]+)*/).map({
                            String($0.output)
                        })
                        where !["jira.acme.com"].contains(name) {
                            #expect(
                                keys.contains { $0 == name || name.hasPrefix($0 + ".") && $0 == "tickets.fields" },
                                "\(remedy)")
                            #expect(!idle.contains(name), "\(remedy)")
                        }
                        #expect(!remedy.contains("  ") && !remedy.contains(". ."))
                    }
                }
            }
        }
    }

    @Test(arguments: [
        (401, "HTTPS_PROXY or jira.proxy", false), (407, "HTTPS_PROXY or jira.proxy", false),
        (403, "NO_PROXY", false), (404, "NO_PROXY", false), (429, "limits", true), (500, "unavailable", true),
        (502, "unavailable", true), (503, "unavailable", true), (504, "unavailable", true),
    ])
    func `a proxy that gives no tunnel has the remedy that fits its answer`(
        status: Int, remedy: String, isTransient: Bool
    ) {
        let kind = HTTPError.Kind.proxyRefused(status: status)
        let error = HTTPError(kind: kind, message: "", requestMayHaveReachedServer: false)
        let context = Self.places[0].context(sent: nil)
        #expect(context.remedy(for: error).contains(remedy), "\(context.remedy(for: error))")
        #expect(context.noAnswer(error).isTransient == isTransient)
        for other in ["HTTPS_PROXY or jira.proxy", "NO_PROXY", "limits", "unavailable"] where other != remedy {
            #expect(!context.remedy(for: error).contains(other), "\(context.remedy(for: error))")
        }
    }

    /// The same refusal in the words of three languages, which the account's profile decides.
    @Test(arguments: [
        ["Field 'priority' cannot be set. It is not on the appropriate screen, or unknown.", "Framework is required."],
        ["Das Feld 'priority' kann nicht festgelegt werden.", "Framework ist erforderlich."],
        ["優先度を設定できません", "必須項目です"],
    ])
    func `a remedy goes by what was sent and not by words`(words: [String]) {
        let context = Self.places[0].context(sent: ["summary", "priority"])
        func remedy(_ fields: [String: String]) -> String { context.remedy(for: .invalid(fields: fields)) }
        #expect(remedy(["priority": words[0]]).contains("tickets.priorities"))
        #expect(remedy(["priority": words[0]]).contains("create screen"))
        #expect(remedy(["customfield_10001": words[1]]).contains("`fields: {customfield_10001:"))
        // Of several the one that is demanded: without it nothing helps.
        #expect(remedy(["priority": words[0], "customfield_10001": words[1]]).contains("customfield_10001"))
        #expect(remedy(["components": words[1]]).contains("tickets.components"))
    }
}
