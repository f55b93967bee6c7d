import Testing

@testable import HTTP
@testable import Jira

/// Every shape of refusal that Jira, its gateway and proxies are known to answer with, read off a real socket.
@Suite struct RefusalTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var status: Int
        var headers: [(String, String)] = []
        var body: String = ""
        var deployment: JiraConnection.Deployment = .cloud
        var gateway = false
        var basic = false
        /// The kind's name.
        var kind: String
        var message: String?
        var remedy: String
        /// Of a create.
        var outcome: JiraError.Outcome = .notDone
        var blocks = false
        var sent: Set<String> = ["summary"]

        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(
            name: "a rejected credential that silently became anonymous (Cloud)", status: 404,
            headers: [("X-Seraph-LoginReason", "AUTHENTICATED_FAILED")],
            body: #"{"errorMessages":["Issue does not exist or you do not have permission to see it."],"errors":{}}"#,
            kind: "anonymous", remedy: "JIRA_API_TOKEN", blocks: true),
        Case(
            name: "anonymous on Data Center", status: 400, headers: [("X-AUSERNAME", "anonymous")],
            body: #"{"errorMessages":["The value 'COMP' does not exist for the field 'project'."],"errors":{}}"#,
            deployment: .dataCenter, kind: "anonymous", remedy: "JIRA_PAT", blocks: true),
        Case(
            name: "401 as text, on the site", status: 401, headers: [("Content-Type", "text/plain")],
            body: "Client must be authenticated to access this resource.", kind: "credentialsRefused",
            message: "Client must be authenticated to access this resource.", remedy: "JIRA_CLOUD_ID", blocks: true),
        Case(
            name: "401 as JSON, Data Center", status: 401,
            body: #"{"message":"Client must be authenticated to access this resource.","status-code":401}"#,
            deployment: .dataCenter, kind: "credentialsRefused",
            message: "Client must be authenticated to access this resource.", remedy: "Personal Access Tokens",
            blocks: true),
        Case(
            name: "401 as a page, Data Center with password", status: 401,
            headers: [("X-Seraph-LoginReason", "AUTHENTICATED_FAILED")],
            body: "<html><head><title>Unauthorized (401)</title></head></html>", deployment: .dataCenter, basic: true,
            kind: "credentialsRefused", remedy: "JIRA_PASSWORD", blocks: true),
        Case(
            name: "a missing scope, gateway", status: 401,
            body: #"{"code":401,"message":"Unauthorized; scope does not match"}"#, gateway: true,
            kind: "credentialsRefused", message: "Unauthorized; scope does not match", remedy: "write:jira-work",
            blocks: true),
        Case(
            name: "401 at the gateway", status: 401, body: #"{"code":401,"message":"Unauthorized"}"#, gateway: true,
            kind: "credentialsRefused", remedy: "without scopes works only without JIRA_CLOUD_ID", blocks: true),
        Case(
            name: "CAPTCHA", status: 403,
            headers: [
                ("X-Authentication-Denied-Reason", "CAPTCHA_CHALLENGE; login-url=https://jira/login.jsp"),
                ("X-Seraph-LoginReason", "AUTHENTICATION_DENIED"),
            ], body: "<html>Basic Authentication Failure - Reason : AUTHENTICATION_DENIED</html>",
            deployment: .dataCenter, basic: true, kind: "captcha", remedy: "in a browser", blocks: true),
        Case(
            name: "CAPTCHA by the login reason alone, Cloud", status: 401,
            headers: [("X-Seraph-LoginReason", "AUTHENTICATION_DENIED")], kind: "captcha", remedy: "CAPTCHA",
            blocks: true),
        Case(
            name: "CAPTCHA behind a 200", status: 200, headers: [("X-Seraph-LoginReason", "AUTHENTICATION_DENIED")],
            kind: "captcha", remedy: "CAPTCHA", outcome: .unknown, blocks: true),
        Case(
            name: "a rejected credential and an empty 200", status: 200,
            headers: [("X-Seraph-LoginReason", "AUTHENTICATED_FAILED")], deployment: .dataCenter, kind: "anonymous",
            remedy: "JIRA_PAT", outcome: .unknown, blocks: true),
        Case(
            name: "passwords are off (Jira 11)", status: 403,
            body: #"{"message":"Basic Authentication has been disabled on this instance."}"#, deployment: .dataCenter,
            basic: true, kind: "credentialsRefused", remedy: "JIRA_PAT", blocks: true),
        Case(
            name: "a missing permission", status: 403,
            body: #"{"errorMessages":["You do not have permission to create issues in this project."],"errors":{}}"#,
            kind: "forbidden", message: "You do not have permission to create issues in this project.",
            remedy: "permission scheme"),
        Case(
            name: "a firewall's 403", status: 403, body: "<html>Forbidden</html>", kind: "unreadableAnswer",
            remedy: "JIRA_BASE_URL", outcome: .unknown),
        Case(
            name: "404 in Jira's words", status: 404,
            body: #"{"errorMessages":["Issue Does Not Exist"],"errors":{}}"#, kind: "notFound",
            message: "Issue Does Not Exist", remedy: "case sensitive"),
        Case(
            name: "404 of a proxy is no absence", status: 404, body: "<html>nginx</html>", kind: "unreadableAnswer",
            remedy: "JIRA_BASE_URL", outcome: .unknown),
        Case(
            name: "an endpoint that an old server lacks", status: 404,
            body: #"{"message":"null for uri: https://jira/rest/api/2/x","status-code":404}"#, deployment: .dataCenter,
            kind: "removedEndpoint", remedy: "8.4", outcome: .unknown),
        Case(
            name: "the removed search", status: 410,
            body:
                #"{"errorMessages":["The requested API has been removed. Please migrate to the /rest/api/3/search/jql API."]}"#,
            kind: "removedEndpoint", remedy: "Update kushim-jira", outcome: .unknown),
        Case(
            name: "a field error, messages empty", status: 400,
            body: #"{"errorMessages":[],"errors":{"customfield_10001":"Framework is required."}}"#, kind: "invalid",
            message: "customfield_10001: Framework is required.", remedy: "`fields: {customfield_10001:"),
        Case(
            name: "a message, errors empty", status: 400,
            body: #"{"errorMessages":["Field 'priority' is required"],"errors":{}}"#, kind: "invalid",
            message: "Field 'priority' is required", remedy: "kushim-jira check"),
        Case(
            name: "a field that is not on the screen", status: 400,
            body:
                #"{"errorMessages":[],"errors":{"priority":"Field 'priority' cannot be set. It is not on the appropriate screen, or unknown."}}"#,
            kind: "invalid", remedy: "create screen", sent: ["summary", "priority"]),
        Case(
            name: "a wrong issue type", status: 400,
            body: #"{"errorMessages":[],"errors":{"issuetype":"The issue type selected is invalid."},"status":400}"#,
            kind: "invalid", remedy: "tickets.issue_type"),
        Case(
            name: "a message alone, as gateways say it", status: 400, body: #"{"message":"Nope"}"#,
            kind: "unreadableAnswer", message: "Nope", remedy: "something else than Jira", outcome: .unknown),
        Case(
            name: "an errorMessage alone", status: 400, body: #"{"errorMessage":"Nope"}"#, kind: "invalid",
            message: "Nope", remedy: "check", outcome: .unknown),
        Case(
            name: "errors as a list", status: 400, body: #"{"errors":[{"title":"Bad","detail":"Nope"}]}"#,
            kind: "unreadableAnswer", message: "Nope", remedy: "something else than Jira", outcome: .unknown),
        Case(
            name: "field errors that are no strings", status: 400,
            body: #"{"errorMessages":[],"errors":{"x":["a",{"b":1}],"y":null}}"#, kind: "invalid",
            message: #"x: ["a",{"b":1}]"#,
            remedy: "tickets.fields"),
        Case(
            name: "400 without a body", status: 400, kind: "unreadableAnswer", remedy: "proxy", outcome: .unknown),
        Case(
            name: "409", status: 409, body: #"{"errorMessages":["conflict"],"errors":{}}"#, kind: "conflict",
            remedy: "tried again"),
        Case(
            name: "413 at the comment limit", status: 413,
            body: #"{"errorMessages":["Too many comments"],"errors":{}}"#,
            kind: "tooLarge", remedy: "this issue"),
        Case(
            name: "413 of a proxy", status: 413, body: "<html>Request Entity Too Large</html>",
            kind: "unreadableAnswer",
            remedy: "JIRA_BASE_URL", outcome: .unknown),
        Case(
            name: "403 of a browser's look", status: 403, body: "XSRF check failed", kind: "unreadableAnswer",
            message: "XSRF check failed", remedy: "JIRA_BASE_URL"),
        Case(
            name: "401 of a proxy", status: 401, body: #"{"error":"login required"}"#, kind: "credentialsRefused",
            message: "login required", remedy: "JIRA_API_TOKEN", outcome: .unknown, blocks: true),
        Case(
            name: "422", status: 422, body: #"{"errorMessages":["configuration problem"],"errors":{}}"#,
            kind: "invalid", message: "configuration problem", remedy: "check"),
        Case(
            name: "429", status: 429, headers: [("Retry-After", "30"), ("RateLimit-Reason", "jira-burst-based")],
            body: #"{"message":"Rate limit exceeded."}"#, kind: "rateLimited", message: "Rate limit exceeded.",
            remedy: "Nothing to do"),
        Case(
            name: "429 without a word", status: 429, kind: "rateLimited", remedy: "Nothing to do", outcome: .unknown),
        Case(
            name: "429 as a page of Tomcat's", status: 429, headers: [("X-RateLimit-Limit", "5")],
            body: "<html><title>HTTP Status 429</title></html>", deployment: .dataCenter, kind: "rateLimited",
            remedy: "Nothing to do"),
        Case(
            name: "500", status: 500, body: #"{"errorMessages":["Internal server error"]}"#, kind: "unavailable",
            remedy: "tried again", outcome: .unknown),
        Case(
            name: "502 of a proxy", status: 502, body: "<html>Bad Gateway</html>", kind: "unavailable",
            remedy: "tried again", outcome: .unknown),
        Case(name: "503", status: 503, kind: "unavailable", remedy: "tried again", outcome: .unknown),
        Case(name: "408", status: 408, kind: "unavailable", remedy: "tried again", outcome: .unknown),
        Case(
            name: "a redirect to a login page", status: 302,
            headers: [("Location", "https://sso.acme.com/login?token=abc")], kind: "redirected",
            remedy: "https://sso.acme.com may", outcome: .unknown),
        Case(
            name: "200 with a login page", status: 200, body: "<html>Log in</html>", kind: "unreadableAnswer",
            remedy: "login page", outcome: .unknown),
        Case(
            name: "201 with an empty body", status: 201, kind: "unreadableAnswer", remedy: "something else than Jira",
            outcome: .unknown),
        Case(
            name: "201 without a key", status: 201, body: #"{"id":"1"}"#, kind: "unreadableAnswer",
            message: "missing in the answer: key", remedy: "stands between", outcome: .unknown),
    ]

    @Test(arguments: cases)
    func `a refusal of a create is understood`(_ test: Case) async throws {
        let server = try ScriptedJira { _ in .answer(test.status, test.headers, test.body) }
        let client = TestClient(server, test.deployment, gateway: test.gateway, basic: test.basic)
        let error = try #require(
            await failure(
                of: CreateIssue(fields: Dictionary(uniqueKeysWithValues: test.sent.map { ($0, "x") })), client.jira))
        #expect("\(error.kind)".hasPrefix(test.kind))
        #expect(error.status == test.status)
        #expect(error.outcome == test.outcome)
        #expect(error.blocksConnection == test.blocks)
        if let message = test.message { #expect(error.messages.contains(message)) }
        #expect(error.remedy.contains(test.remedy), "\(error.remedy)")
        #expect(error.operation == "create_issue")
        #expect(error.description.hasPrefix("create_issue: "))
        #expect(server.requests.count == 1, "a create is sent once")
        await client.http.shutDown()
    }

    @Test func `a request without an effect has surely not been done`() async throws {
        let server = try ScriptedJira { _ in .answer(502, [], "") }
        let client = TestClient(server)
        #expect(await failure(of: Myself(), client.jira)?.outcome == .notDone)
        await client.http.shutDown()
    }

    // MARK: No answer

    @Test(arguments: [ScriptedAnswer.silence, .truncated(201, #"{"id":"1","key":"C-1"}"#)])
    func `a create whose answer is lost may have happened`(answer: ScriptedAnswer) async throws {
        let server = try ScriptedJira { _ in answer }
        let client = TestClient(server)
        let error = try #require(await failure(of: CreateIssue(fields: [:]), client.jira))
        #expect(error.outcome == .unknown)
        #expect(error.isTransient)
        #expect(error.status == nil)
        #expect(server.requests.count == 1)
        await client.http.shutDown()
    }

    @Test func `a create that reached nobody was not done`() async throws {
        let client = TestClient(try ScriptedJira { _ in .silence })
        client.server.stop()
        let error = try #require(await failure(of: CreateIssue(fields: [:]), client.jira))
        #expect(error.outcome == .notDone)
        #expect(error.remedy.contains("can be reached"))
        await client.http.shutDown()
    }

    // MARK: Waiting

    @Test(
        arguments: [
            ([("Retry-After", "30")], 30), ([("Retry-After", "0")], 1), ([("Retry-After", "1.2")], 2),
            ([("Retry-After", "99999999999")], 3_600), ([("Retry-After", "soon")], nil), ([], nil),
            ([("Date", "Mon, 23 Nov 2026 10:00:00 GMT"), ("Retry-After", "Mon, 23 Nov 2026 10:01:30 GMT")], 90),
            ([("Date", "Mon, 23 Nov 2026 10:00:00 GMT"), ("Retry-After", "Mon, 23 Nov 2026 09:00:00 GMT")], 1),
            ([("Date", "Mon, 23 Nov 2026 10:00:00 GMT"), ("X-RateLimit-Reset", "2026-11-23T11:00Z")], 3_600),
            ([("Date", "Mon, 23 Nov 2026 10:00:00 GMT"), ("X-RateLimit-Reset", "2026-11-23T10:00:07.5Z")], 8),
            ([("Retry-After", "2"), ("X-RateLimit-Reset", "2036-11-23T11:00Z")], 2),
            ([("X-RateLimit-Interval-Seconds", "60"), ("X-RateLimit-FillRate", "10")], 60),
        ] as [([(String, String)], Int?)])
    func `it is told how long to wait`(headers: [(String, String)], seconds: Int?) async throws {
        let server = try ScriptedJira { _ in .answer(429, headers, "") }
        let client = TestClient(server)
        let limited = try #require(await failure(of: CreateIssue(fields: [:]), client.jira))
        #expect(limited.retryAfter == seconds.map { .seconds($0) })
        await client.http.shutDown()
    }

    @Test(
        arguments: [
            ([("Retry-After", "30")], 30), ([("Retry-After", "0")], nil),
            ([("X-RateLimit-Interval-Seconds", "5")], nil),
        ] as [([(String, String)], Int?)])
    func `an ailing server may ask to wait too`(headers: [(String, String)], seconds: Int?) async throws {
        let server = try ScriptedJira { _ in .answer(503, headers, "") }
        let client = TestClient(server)
        let error = try #require(await failure(of: Myself(), client.jira))
        #expect(error.retryAfter == seconds.map { .seconds($0) })
        await client.http.shutDown()
    }

    @Test(
        arguments: [
            ("jira-per-issue-on-write", .issue), ("jira-burst-based", .endpoint),
            ("jira-quota-global-based", .connection),
            ("something-new", .connection), (nil, .connection),
        ] as [(String?, JiraError.Throttled)])
    func `the reason tells what has to wait`(reason: String?, throttled: JiraError.Throttled) async throws {
        let server = try ScriptedJira { _ in .answer(429, reason.map { [("RateLimit-Reason", $0)] } ?? [], "") }
        let client = TestClient(server)
        let error = try #require(await failure(of: Myself(), client.jira))
        #expect(error.throttled == throttled)
        #expect(error.rateLimitReason == reason)
        await client.http.shutDown()
    }

    @Test(
        arguments: [
            ["parentId": "Given parent work item does not belong to appropriate hierarchy."],
            ["parent": "Please select valid parent.", "parentId": "Please select valid parent."],
        ] as [JSONValue])
    func `a parent is named as it was sent`(errors: JSONValue) async throws {
        let server = try ScriptedJira { _ in .json(400, ["errorMessages": [], "errors": errors]) }
        let client = TestClient(server)
        let error = try #require(await failure(of: CreateIssue(fields: [:]), client.jira))
        #expect(Array(error.fieldErrors.keys) == ["parent"] && error.remedy.contains("tickets.parent"))
        await client.http.shutDown()
    }

    // MARK: Secrets

    @Test func `what echoes the credentials is scrubbed`() async throws {
        let server = try ScriptedJira { request in
            let basic = request.headers["Authorization"] ?? ""
            let token = TestClient.token
            let body: JSONValue = [
                "errorMessages": [.string("bad \(token)\u{301}\u{0}\n"), .string(basic)],
                "errors": ["field": .string("echo \(PercentEncoding.query(token))")],
            ]
            return .json(400, body, [("RateLimit-Reason", token)])
        }
        for deployment in [JiraConnection.Deployment.cloud, .dataCenter] {
            let client = TestClient(server, deployment)
            let error = try #require(await failure(of: Myself(), client.jira))
            let everything =
                "\(error) \(error.kind) \(error.messages) \(error.rawBody ?? "") \(error.rateLimitReason ?? "")"
            #expect(!everything.contains("ATATT3xFfGF0"))
            #expect(!everything.contains("Ym90QGFjbWU"))
            #expect(everything.contains("•••"))
            #expect(!everything.utf8.contains(0), "PostgreSQL takes no NUL")
            await client.http.shutDown()
        }
    }

    @Test func `a secret at the place where a text is cut leaves no half behind`() async throws {
        let server = try ScriptedJira { _ in
            .json(400, ["message": .string(String(repeating: "x", count: 990) + TestClient.token)])
        }
        let client = TestClient(server)
        let error = try #require(await failure(of: Myself(), client.jira))
        #expect(error.messages.first?.contains("ATATT") == false)
        await client.http.shutDown()
    }

    @Test func `a long body is kept only in part`() async throws {
        let server = try ScriptedJira { _ in .answer(500, [], String(repeating: "x", count: 1_000_000)) }
        let client = TestClient(server)
        let error = try #require(await failure(of: Myself(), client.jira))
        #expect(error.rawBody?.count == 2_000)
        #expect(error.messages.isEmpty)
        await client.http.shutDown()
    }
}
