import Testing

@testable import HTTP
@testable import Jira

/// For every request with an effect: what of an answer proves that it had none, or that it had.
@Suite struct WhoseAnswerTests {
    static let statuses = [
        200, 201, 204, 302, 400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 425, 429, 500, 502, 503,
    ]

    /// What gateways, firewalls, proxies and broken connections answer.
    static let foreign = [
        "", "{}", "[]", "null", "blocked", "<html>blocked</html>", #"{"message":"blocked"}"#, #"{"error":"blocked"}"#,
        #"{"code":403,"message":"blocked"}"#, #"{"errors":["blocked"]}"#, #"{"errors":{"request":"blocked"}}"#,
        #"{"errorMessages":["blocked"]}"#, #"{"errorMessages":"blocked","errors":{}}"#, #"{"errorMessages":["#,
        #"{"errorMessages":[],"errors":[]}"#, #"{"errorMessage":"blocked"}"#, #"{"id":"a1b2","message":"blocked"}"#,
        #"{"id":"7","status":"blocked"}"#, #"{"errors":[{"failedElementNumber":0,"message":"blocked"}]}"#,
        #"{"issues":[],"errors":[{"message":"blocked"}]}"#,
    ]

    private func outcomes(_ status: Int, _ body: String, api: JiraAPI = .platform) async throws -> [JiraError.Outcome?]
    {
        let server = try ScriptedJira { _ in .answer(status, [], body) }
        let client = TestClient(server, .cloud)
        let outcomes = [
            await failure(of: CreateIssue(fields: [:]), client.jira)?.outcome,
            await failure(of: BulkCreateIssues([CreateIssue(fields: [:])]), client.jira)?.outcome,
            await failure(of: AddComment(to: "C-1", body: "x"), client.jira)?.outcome,
            await failure(
                of: CreateCustomerRequest(serviceDeskID: "1", requestTypeID: "2", fields: [:]), client.jira)?.outcome,
        ]
        await client.http.shutDown()
        return outcomes
    }

    @Test(arguments: statuses) func `what is not said as Jira says it proves nothing`(status: Int) async throws {
        for body in Self.foreign {
            #expect(try await outcomes(status, body) == Array(repeating: .unknown, count: 4), "\(status) \(body)")
        }
    }

    @Test(arguments: [400, 401, 403, 404, 405, 409, 413, 415, 422, 429])
    func `a refusal in Jira's shape proves that nothing was made`(status: Int) async throws {
        let body = #"{"errorMessages":["No."],"errors":{}}"#
        #expect(try await outcomes(status, body) == Array(repeating: .notDone, count: 4))
        #expect(try await outcomes(500, body) == Array(repeating: .unknown, count: 4))
    }

    @Test func `a service desk has a shape of its own`() async throws {
        let body = #"{"errorMessage":"No.","i18nErrorMessage":{"i18nKey":"sd.no","parameters":[]}}"#
        #expect(try await outcomes(400, body) == [.unknown, .unknown, .unknown, .notDone])
    }

    @Test(arguments: [
        (
            400, #"{"failedElementNumber":1,"status":400,"elementErrors":{"errorMessages":["No."],"errors":{}}}"#,
            JiraError.Outcome.notDone
        ),
        (
            201, #"{"failedElementNumber":1,"status":400,"elementErrors":{"errorMessages":["No."],"errors":{}}}"#,
            .notDone
        ),
        (
            201, #"{"failedElementNumber":1,"status":500,"elementErrors":{"errorMessages":["No."],"errors":{}}}"#,
            .unknown
        ),
        (201, #"{"failedElementNumber":1,"elementErrors":{"errorMessages":["No."],"errors":{}}}"#, .unknown),
        (201, #"{"failedElementNumber":1,"status":400,"elementErrors":{"message":"blocked"}}"#, .unknown),
        (201, #"{"failedElementNumber":1,"status":400,"message":"blocked"}"#, .unknown),
        (201, #"{"failedElementNumber":1,"status":403,"elementErrors":"blocked"}"#, .unknown),
    ])
    func `an issue of a bulk create is judged like one by itself`(
        status: Int, error: String, outcome: JiraError.Outcome
    ) async throws {
        let failed =
            status == 400
            ? [error, error.replacing("\"failedElementNumber\":1", with: "\"failedElementNumber\":0")] : [error]
        let made = status == 400 ? "" : #"{"id":"7","key":"C-7"}"#
        let body = #"{"issues":[\#(made)],"errors":[\#(failed.joined(separator: ","))]}"#
        let server = try ScriptedJira { _ in .answer(status, [("X-AAccountId", "1")], body) }
        let client = TestClient(server, .cloud)
        let results = try await client.jira.send(
            BulkCreateIssues([CreateIssue(fields: [:]), CreateIssue(fields: [:])]))
        #expect(results.count == 2)
        guard case .failure(let failure) = results[1] else { throw Unexpected() }
        #expect(failure.outcome == outcome)
        await client.http.shutDown()
    }

    private struct Unexpected: Error {}
}
