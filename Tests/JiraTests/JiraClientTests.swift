import CoreMetrics
import Synchronization
import Testing

@testable import HTTP
@testable import Jira

/// A clock that moves when the test says so.
final class HandClock: Sendable {
    private let instant = Mutex(ContinuousClock.now)

    var now: ContinuousClock.Instant { instant.withLock { $0 } }

    func advance(by duration: Duration) {
        instant.withLock { $0 = $0.advanced(by: duration) }
    }
}

/// Counts what is counted.
final class CountingMetrics: MetricsFactory, Sendable {
    private let values = Mutex<[String: Double]>([:])

    var counted: [String: Double] { values.withLock { $0 } }

    private final class Handler: CounterHandler, FloatingPointCounterHandler, RecorderHandler, TimerHandler,
        MeterHandler
    {
        let add: @Sendable (Double) -> Void
        init(_ add: @escaping @Sendable (Double) -> Void) { self.add = add }
        func increment(by amount: Int64) { add(Double(amount)) }
        func increment(by amount: Double) { add(amount) }
        func decrement(by amount: Double) { add(-amount) }
        func reset() {}
        func set(_ value: Int64) {}
        func set(_ value: Double) {}
        func record(_ value: Int64) { add(1) }
        func record(_ value: Double) { add(1) }
        func recordNanoseconds(_ duration: Int64) { add(1) }
    }

    private func handler(_ label: String, _ dimensions: [(String, String)]) -> Handler {
        let name = label + "{" + dimensions.map { "\($0.0)=\($0.1)" }.joined(separator: ",") + "}"
        return Handler { [self] amount in values.withLock { $0[name, default: 0] += amount } }
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler { handler(label, dimensions) }
    func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
        handler(label, dimensions)
    }
    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler { handler(label, dimensions) }
    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        handler(label, dimensions)
    }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { handler(label, dimensions) }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    func destroyMeter(_ handler: any MeterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}

@Suite struct JiraClientTests {
    private static let empty: JSONValue = ["issues": [], "isLast": true, "total": 0, "startAt": 0]

    // MARK: Who was asking

    @Test(arguments: [("X-AAccountId", "42", JiraConnection.Deployment.cloud), ("X-AUSERNAME", "bot", .dataCenter)])
    func `an empty search that names the account is believed`(
        header: String, value: String, deployment: JiraConnection.Deployment
    ) async throws {
        let server = try ScriptedJira { _ in .json(200, Self.empty, [(header, value)]) }
        let client = TestClient(server, deployment)
        #expect(try await client.jira.all(SearchIssues(jql: "x")).isEmpty)
        #expect(server.requests.count == 1)
        await client.http.shutDown()
    }

    @Test(
        arguments: [
            (("X-Seraph-LoginReason", "AUTHENTICATED_FAILED"), .cloud), (("X-AUSERNAME", "anonymous"), .dataCenter),
        ] as [((String, String), JiraConnection.Deployment)])
    func `an empty search as anonymous is an error, never "nothing found"`(
        header: (String, String), deployment: JiraConnection.Deployment
    ) async throws {
        let server = try ScriptedJira { _ in .json(200, Self.empty, [header]) }
        let client = TestClient(server, deployment)
        let error = try #require(await failure(of: SearchIssues(jql: "x"), client.jira))
        guard case .anonymous = error.kind else {
            Issue.record("\(error)")
            return
        }
        #expect(error.blocksConnection)
        #expect(await failure(of: ListProjects(), client.jira)?.blocksConnection == true)
        await client.http.shutDown()
    }

    @Test func `where headers tell nothing, /myself is asked, once a minute`() async throws {
        let server = try ScriptedJira { request in
            request.path.hasSuffix("/myself") ? .json(200, ["accountId": "42"]) : .json(200, Self.empty)
        }
        let clock = HandClock()
        let client = TestClient(server, now: { clock.now })
        for _ in 0..<3 { #expect(try await client.jira.send(SearchIssues(jql: "x")).items.isEmpty) }
        func times() -> Int { server.requests.count { $0.path.hasSuffix("/myself") } }
        #expect(times() == 1)
        clock.advance(by: .seconds(59))
        _ = try await client.jira.send(SearchIssues(jql: "x"))
        #expect(times() == 1)
        clock.advance(by: .seconds(2))
        _ = try await client.jira.send(SearchIssues(jql: "x"))
        #expect(times() == 2)
        await client.http.shutDown()
    }

    @Test func `where /myself refuses, neither an empty search nor a missing issue is believed`() async throws {
        let server = try ScriptedJira { request in
            if request.path.hasSuffix("/myself") { return .answer(401, [], "Client must be authenticated") }
            return request.path.contains("/search")
                ? .json(200, Self.empty) : .json(404, ["errorMessages": ["Issue Does Not Exist"], "errors": [:]])
        }
        let client = TestClient(server)
        for error in [
            await failure(of: SearchIssues(jql: "x"), client.jira), await failure(of: GetIssue("C-1"), client.jira),
        ] {
            guard case .credentialsRefused? = error?.kind else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(error?.operation == "myself")
        }
        await client.http.shutDown()
    }

    @Test func `a refused credential makes an earlier proof worthless`() async throws {
        let isRevoked = Mutex(false)
        let server = try ScriptedJira { request in
            if isRevoked.withLock({ $0 }), !request.path.contains("/search") { return .answer(401, [], "") }
            return request.path.hasSuffix("/myself") ? .json(200, ["accountId": "42"]) : .json(200, Self.empty)
        }
        let client = TestClient(server)
        _ = try await client.jira.send(SearchIssues(jql: "x"))
        isRevoked.withLock { $0 = true }
        #expect(await failure(of: GetProject("COMP"), client.jira) != nil)
        #expect(await failure(of: SearchIssues(jql: "x"), client.jira)?.blocksConnection == true)
        await client.http.shutDown()
    }

    @Test func `an issue made as anonymous is made all the same`() async throws {
        let server = try ScriptedJira { _ in .json(201, ["id": "1", "key": "C-1"], [("X-AUSERNAME", "anonymous")]) }
        let client = TestClient(server, .dataCenter)
        #expect(try await client.jira.send(CreateIssue(fields: [:])).key == "C-1")
        await client.http.shutDown()
    }

    @Test func `Retry-After 0 on a good answer means nothing`() async throws {
        let server = try ScriptedJira { _ in .json(201, ["id": "1", "key": "C-1"], [("Retry-After", "0")]) }
        let client = TestClient(server, .dataCenter)
        #expect(try await client.jira.send(CreateIssue(fields: [:])).id == "1")
        await client.http.shutDown()
    }

    // MARK: Lists

    @Test func `pages are followed by token, empty ones too`() async throws {
        let server = try ScriptedJira { request in
            let answer: JSONValue =
                switch request.json?["nextPageToken"]?.stringValue {
                case nil: ["issues": [["id": "1", "key": "C-1"]], "nextPageToken": "a", "isLast": false]
                case "a": ["issues": [], "nextPageToken": "b"]
                default: ["issues": [["id": "2", "key": "C-2"]], "nextPageToken": "c", "isLast": true]
                }
            return .json(200, answer, [("X-AAccountId", "42")])
        }
        let client = TestClient(server)
        #expect(try await client.jira.all(SearchIssues(jql: "x")).map(\.key) == ["C-1", "C-2"])
        #expect(try await client.jira.all(SearchIssues(jql: "x"), limit: 1).map(\.key) == ["C-1"])
        #expect(server.requests.count == 4)
        await client.http.shutDown()
    }

    @Test func `pages are followed by what came, though the server caps what was asked for`() async throws {
        let server = try ScriptedJira { request in
            let start = request.json?["startAt"]?.integerValue ?? 0
            let issues = (start..<min(start + 2, 5)).map {
                ["id": .string("\($0)"), "key": .string("C-\($0)")] as JSONValue
            }
            return .json(
                200, ["issues": .array(issues), "startAt": .integer(start), "maxResults": 2, "total": 5],
                [("X-AUSERNAME", "bot")])
        }
        let client = TestClient(server, .dataCenter)
        #expect(try await client.jira.all(SearchIssues(jql: "x")).map(\.id) == ["0", "1", "2", "3", "4"])
        #expect(server.requests.count == 3)
        await client.http.shutDown()
    }

    /// - Parameter removed: whether the first comment is removed once the first page was read.
    @Test(arguments: [false, true])
    func `all comments are read, and one that moved out of sight is not overlooked`(removed: Bool) async throws {
        let pagesRead = Mutex(0)
        let server = try ScriptedJira { request in
            let isFirst = pagesRead.withLock { count in
                defer { count += 1 }
                return count == 0
            }
            let all = Array((removed && !isFirst ? 1 : 0)..<7)
            let start = request.query["startAt"].flatMap { Int($0) } ?? 0
            let page = all.dropFirst(start).prefix(3).map { ["id": .string("\($0)"), "body": "x"] as JSONValue }
            return .json(
                200,
                [
                    "comments": .array(page), "startAt": .integer(Int64(start)), "maxResults": 3,
                    "total": .integer(Int64(all.count)),
                ], [("X-AUSERNAME", "bot")])
        }
        let client = TestClient(server, .dataCenter)
        let list = try await client.jira.comments(of: "C-1")
        #expect(list.isComplete == !removed)
        if !removed { #expect(list.comments.map(\.id) == ["0", "1", "2", "3", "4", "5", "6"]) }
        await client.http.shutDown()
    }

    @Test func `pages that go round in a circle are an error, not a loop`() async throws {
        let server = try ScriptedJira { _ in
            .json(200, ["issues": [], "nextPageToken": "a"], [("X-AAccountId", "42")])
        }
        let client = TestClient(server)
        await #expect(throws: JiraError.self) { try await client.jira.all(SearchIssues(jql: "x")) }
        await client.http.shutDown()
    }

    @Test func `issues are fetched a hundred at a time on Cloud, and one by one on Data Center`() async throws {
        let server = try ScriptedJira { request in
            if let keys = request.json?["issueIdsOrKeys"]?.arrayValue {
                let issues = keys.suffix(1).map { ["id": "1", "key": $0] as JSONValue }
                return .json(200, ["issues": .array(issues)], [("X-AAccountId", "42")])
            }
            return request.path.hasSuffix("C-2")
                ? .json(200, ["id": "2", "key": "C-2"], [("X-AUSERNAME", "bot")])
                : .json(404, ["errorMessages": ["Issue Does Not Exist"], "errors": [:]], [("X-AUSERNAME", "bot")])
        }
        let cloud = TestClient(server)
        let keys = (1...150).map { "C-\($0)" }
        #expect(try await cloud.jira.issues(keys).map(\.key) == ["C-100", "C-150"])
        #expect(server.requests.map { $0.json?["issueIdsOrKeys"]?.arrayValue?.count } == [100, 50])
        let dataCenter = TestClient(server, .dataCenter)
        #expect(try await dataCenter.jira.issues(["C-1", "C-2", "C-3"], properties: ["kushim"]).map(\.key) == ["C-2"])
        await cloud.http.shutDown()
        await dataCenter.http.shutDown()
    }

    // MARK: Figures

    @Test func `requests, their time and the waiting that Jira asks for are counted`() async throws {
        let server = try ScriptedJira { request in
            switch request.path {
            case "/rest/api/3/myself": .json(200, ["accountId": "42"])
            case "/rest/api/3/issue": .answer(429, [("Retry-After", "30")], "")
            default: .silence
            }
        }
        let metrics = CountingMetrics()
        let client = TestClient(server, metrics: metrics)
        _ = try await client.jira.send(Myself())
        _ = await failure(of: CreateIssue(fields: [:]), client.jira)
        _ = await failure(of: AddComment(to: "C-1", body: "x"), client.jira)
        let counted = metrics.counted
        #expect(counted["kushim_jira_jira_requests_total{operation=myself,status=200}"] == 1)
        #expect(counted["kushim_jira_jira_requests_total{operation=create_issue,status=429}"] == 1)
        #expect(counted["kushim_jira_jira_requests_total{operation=add_comment,status=connection_lost}"] == 1)
        #expect(counted["kushim_jira_jira_request_duration_seconds{operation=myself}"] == 1)
        #expect(counted["kushim_jira_jira_throttled_seconds_total{}"] == 30)
        await client.http.shutDown()
    }
}
