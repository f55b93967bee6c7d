import Testing

@testable import HTTP
@testable import Jira

@Suite struct JiraAddressTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var settings: JiraSettings
        var baseURL: String
        var browseURL: String? = nil
        var deployment: JiraConnection.Deployment?
        var hasNote = false

        var testDescription: String {
            [settings.type, settings.domain, settings.baseURL].compactMap(\.self).joined(separator: " ")
        }
    }

    @Test(arguments: [
        Case(settings: .init(domain: "acme.atlassian.net"), baseURL: "https://acme.atlassian.net", deployment: .cloud),
        Case(
            settings: .init(domain: " ACME.atlassian.net/ "), baseURL: "https://acme.atlassian.net", deployment: .cloud),
        Case(
            settings: .init(domain: "https://acme.atlassian.net/jira/software/projects/COMP?x=1"),
            baseURL: "https://acme.atlassian.net", deployment: .cloud, hasNote: true),
        Case(settings: .init(domain: "jira.acme.com"), baseURL: "https://jira.acme.com", deployment: nil),
        Case(
            settings: .init(type: "server", domain: "jira.acme.com:8443"), baseURL: "https://jira.acme.com:8443",
            deployment: .dataCenter),
        Case(
            settings: .init(type: "Cloud", domain: "jira.acme.com"), baseURL: "https://jira.acme.com",
            deployment: .cloud),
        Case(settings: .init(domain: "jira.acme.com/jira"), baseURL: "https://jira.acme.com/jira", deployment: nil),
        Case(
            settings: .init(domain: "ignored.atlassian.net", baseURL: "https://intra.acme.com:8443/jira/"),
            baseURL: "https://intra.acme.com:8443/jira", deployment: nil),
        Case(
            settings: .init(baseURL: "https://intra.acme.com/jira/browse/COMP-1"),
            baseURL: "https://intra.acme.com/jira",
            deployment: nil, hasNote: true),
        Case(settings: .init(baseURL: "http://127.0.0.1:8080"), baseURL: "http://127.0.0.1:8080", deployment: nil),
        Case(settings: .init(baseURL: "http://[::1]:8080/jira"), baseURL: "http://[::1]:8080/jira", deployment: nil),
        Case(
            settings: .init(baseURL: "http://jira.lan", allowsPlainHTTP: true), baseURL: "http://jira.lan",
            deployment: nil),
        Case(
            settings: .init(domain: "acme.atlassian.net", cloudID: "0aB1-22"),
            baseURL: "https://api.atlassian.com/ex/jira/0aB1-22", browseURL: "https://acme.atlassian.net",
            deployment: .cloud),
        Case(
            settings: .init(
                domain: "acme.atlassian.net", baseURL: "https://api.atlassian.com/ex/jira/0ab1-22/rest/api/3"),
            baseURL: "https://api.atlassian.com/ex/jira/0ab1-22", browseURL: "https://acme.atlassian.net",
            deployment: .cloud),
        Case(
            settings: .init(baseURL: "http://localhost:1", cloudID: "0ab1"), baseURL: "http://localhost:1/ex/jira/0ab1",
            browseURL: "http://localhost:1", deployment: .cloud),
    ])
    func `an address is understood`(_ test: Case) throws {
        let address = try JiraAddress(test.settings)
        #expect(address.baseURL == test.baseURL)
        #expect(address.browseURL == test.browseURL ?? test.baseURL)
        #expect(address.deployment == test.deployment)
        #expect(address.notes.isEmpty == !test.hasNote)
        #expect(address.allowsPlainHTTP == test.baseURL.hasPrefix("http://"))
    }

    @Test func `a note says what was used`() throws {
        let address = try JiraAddress(.init(domain: "https://acme.atlassian.net/jira"))
        #expect(
            address.notes == ["JIRA_DOMAIN was given with more than a host name; used: https://acme.atlassian.net."])
    }

    @Test(arguments: [
        (JiraSettings(), "JIRA_DOMAIN"),
        (.init(domain: " "), "JIRA_DOMAIN"),
        (.init(domain: "ftp://acme"), "JIRA_DOMAIN"),
        (.init(type: "cloud", domain: "acme"), "JIRA_DOMAIN"),
        (.init(domain: "acme", apiToken: Secret("t")), "JIRA_DOMAIN"),
        (.init(domain: "acme corp"), "JIRA_DOMAIN"),
        (.init(domain: "me@acme.com"), "JIRA_DOMAIN"),
        (.init(baseURL: "https://user:hunter2@acme.com"), "JIRA_BASE_URL"),
        (.init(baseURL: "https://acme.com:99999"), "JIRA_BASE_URL"),
        (.init(baseURL: "https://"), "JIRA_BASE_URL"),
        (.init(baseURL: "https://acme.com/a b"), "JIRA_BASE_URL"),
        (.init(baseURL: "http://jira.acme.com"), "JIRA_BASE_URL"),
        (.init(domain: "http://acme.atlassian.net", allowsPlainHTTP: true), "JIRA_DOMAIN"),
        (.init(type: "azure", domain: "acme.atlassian.net"), "JIRA_TYPE"),
        (.init(type: "server", domain: "acme.atlassian.net"), "JIRA_TYPE"),
        (.init(baseURL: "https://api.atlassian.com/ex/jira/0ab1"), "JIRA_DOMAIN"),
        (.init(domain: "acme.atlassian.net", cloudID: "../evil"), "JIRA_CLOUD_ID"),
        (.init(type: "server", domain: "jira.acme.com", cloudID: "0ab1"), "JIRA_CLOUD_ID"),
    ])
    func `a wrong address is named, with a remedy and without a password`(settings: JiraSettings, setting: String) {
        let error = #expect(throws: JiraConfigurationError.self) { try JiraAddress(settings) }
        #expect(error?.setting == setting)
        #expect(error?.remedy.isEmpty == false)
        #expect(error?.description.contains("hunter2") == false)
    }

    // MARK: Credentials

    @Test func `each kind of Jira takes its own credentials`() throws {
        var settings = JiraSettings(
            email: " bot@acme.com\n", apiToken: Secret("token\n"), personalAccessToken: Secret("pat\n"))
        guard case .apiToken("bot@acme.com", let token) = try settings.credentials(for: .cloud) else {
            Issue.record("not an API token")
            return
        }
        #expect(token.reveal() == "token")
        guard case .personalAccessToken(let pat) = try settings.credentials(for: .dataCenter) else {
            Issue.record("not a personal access token")
            return
        }
        #expect(pat.reveal() == "pat")
        settings.personalAccessToken = Secret("")
        settings.username = "bot"
        settings.password = Secret(" pass word \n")
        guard case .basic("bot", let password) = try settings.credentials(for: .dataCenter) else {
            Issue.record("not a password")
            return
        }
        #expect(password.reveal() == " pass word ")
    }

    @Test(arguments: [
        (JiraSettings(), JiraConnection.Deployment.cloud, "JIRA_API_TOKEN", "JIRA_EMAIL"),
        (.init(personalAccessToken: Secret("s3cret")), .cloud, "JIRA_PAT", "JIRA_API_TOKEN"),
        (.init(username: "u", password: Secret("s3cret")), .cloud, "JIRA_PASSWORD", "JIRA_API_TOKEN"),
        (.init(apiToken: Secret("s3cret")), .cloud, "JIRA_EMAIL", "e-mail"),
        (.init(email: "e", apiToken: Secret("s3cret s3cret")), .cloud, "JIRA_API_TOKEN", "again"),
        (.init(), .dataCenter, "JIRA_PAT", "Personal Access Tokens"),
        (.init(email: "e", apiToken: Secret("s3cret")), .dataCenter, "JIRA_API_TOKEN", "JIRA_PAT"),
        (.init(password: Secret("s3cret")), .dataCenter, "JIRA_USERNAME", "log in"),
        (.init(username: "u"), .dataCenter, "JIRA_PASSWORD", "JIRA_PAT"),
    ])
    func `wrong credentials are named, with a remedy and without the secret`(
        settings: JiraSettings, deployment: JiraConnection.Deployment, setting: String, remedy: String
    ) {
        let error = #expect(throws: JiraConfigurationError.self) { try settings.credentials(for: deployment) }
        #expect(error?.setting == setting)
        #expect(error?.remedy.contains(remedy) == true)
        #expect(error?.description.contains("s3cret") == false)
    }

    @Test(
        arguments: [
            ("Cloud", .cloud), ("Server", .dataCenter), ("DataCenter", .dataCenter), (nil, .dataCenter),
        ] as [(String?, JiraConnection.Deployment)])
    func `a server that nothing else tells of is asked, without credentials`(
        type: String?, deployment: JiraConnection.Deployment
    ) async throws {
        let server = try ScriptedJira { _ in
            .json(200, ["version": "10.3.19", "deploymentType": type.map { .string($0) } ?? nil])
        }
        let http = HTTPClient(userAgent: "test", logger: .silent)
        let settings = JiraSettings(
            baseURL: server.url + "/jira", email: "e", apiToken: Secret("token"), personalAccessToken: Secret("pat"))
        let connection = try await JiraConnection.resolve(settings, http: http, logger: .silent)
        #expect(connection.deployment == deployment)
        #expect(connection.browseURL(issueKey: "COMP-1") == server.url + "/jira/browse/COMP-1")
        #expect(server.requests.map(\.path) == ["/jira/rest/api/2/serverInfo"])
        #expect(server.requests.first?.headers["Authorization"] == nil)
        await http.shutDown()
    }

    @Test func `nothing that holds credentials prints them`() throws {
        let settings = JiraSettings(domain: "acme.atlassian.net", email: "e", apiToken: Secret("s3cret"))
        let connection = try JiraConnection(settings, at: JiraAddress(settings), deployment: .cloud)
        var dumped = ""
        dump(settings, to: &dumped)
        dump(connection, to: &dumped)
        dumped += "\(settings) \(connection) \(connection.credentials) \(connection.credentials.authorization)"
        #expect(!dumped.contains("s3cret"))
    }
}
