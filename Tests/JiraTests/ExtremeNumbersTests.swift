import Foundation
import Testing

@testable import HTTP
@testable import Jira

/// What a number can be at its worst, as JSON writes it.
let extremeNumbers = [
    "0", "-0", "-1", "0.5", "2147483647", "2147483648", "-2147483649", "9223372036854775807", "9223372036854775808",
    "-9223372036854775808", "-9223372036854775809", "18446744073709551616", "1e18", "1e19", "1e308", "1e400", "-1e400",
    "1e-400", "123456789012345678901234567890",
]

@Suite("Numbers of an answer trap nothing")
struct ExtremeNumbersTests {
    /// Every endpoint whose answer has numbers, or texts that are read as numbers, with an answer of it.
    private static let answers: [(any Endpoint, String)] = [
        (SearchIssues(jql: "x"), #"{"startAt":0,"maxResults":50,"total":2,"issues":[\#(issue)]}"#),
        (BulkFetchIssues(["COMP-1"]), #"{"issues":[\#(issue)]}"#),
        (GetIssue("COMP-1"), issue),
        (CreateIssue(fields: [:]), #"{"id":"10000","key":"COMP-1"}"#),
        (
            BulkCreateIssues([CreateIssue(fields: [:]), CreateIssue(fields: [:])]),
            #"{"issues":[{"id":"10000","key":"COMP-1"}],"errors":[{"status":400,"failedElementNumber":1,"#
                + #""elementErrors":{"errorMessages":["no"],"errors":{}}}]}"#
        ),
        (
            CreateCustomerRequest(serviceDeskID: "1", requestTypeID: "2", fields: [:]),
            #"{"issueId":10000,"issueKey":"IT-1"}"#
        ),
        (
            ListServiceDesks(),
            #"{"start":0,"limit":50,"size":1,"isLastPage":false,"values":[{"id":1,"projectKey":"IT"}]}"#
        ),
        (
            ListRequestTypes(serviceDeskID: "1"),
            #"{"start":0,"limit":50,"size":1,"isLastPage":false,"values":[{"id":1,"name":"a"}]}"#
        ),
        (ListProjects(), #"{"startAt":0,"maxResults":50,"total":3,"values":[{"id":"1","key":"COMP","name":"Comp"}]}"#),
        (
            ServerInfo(),
            #"{"deploymentType":"Cloud","version":"1001.0.0","versionNumbers":[1001,0,0],"buildNumber":100}"#
        ),
    ]
    private static let issue =
        #"{"id":"10000","key":"COMP-1","fields":{"created":"2026-11-23T10:29:29.908+0000","status":{"id":"1","name":"Open","#
        + #""statusCategory":{"id":2,"key":"new"}},"labels":["a"]}}"#

    @Test("Whatever number stands in an answer, it is read or refused", arguments: answers.indices)
    func answer(place: Int) throws {
        let (endpoint, text) = Self.answers[place]
        try feed(endpoint, try JSONValue(parsing: text))
    }

    private func feed<E: Endpoint>(_ endpoint: E, _ sample: JSONValue) throws {
        let server = try ScriptedJira { _ in .json(200, [:]) }
        for deployment in [JiraConnection.Deployment.cloud, .dataCenter] {
            let context = TestClient(server, deployment).jira.exchange.context(of: E.self)
            for extreme in extremeNumbers {
                for value in try [JSONValue(parsing: extreme), .string(extreme)] {
                    for body in sample.variants(with: value) {
                        for status in [200, 400] where endpoint.isAnswer(status: status, body: body) {
                            _ = try? endpoint.decode(
                                Answer(status: status, body: body, deployment: deployment, context: context))
                        }
                        _ = context.refusal(status: 400, body)
                        guard var paged = endpoint as? any PagedEndpoint,
                            let next = try? Self.next(
                                paged, Answer(status: 200, body: body, deployment: deployment, context: context))
                        else { continue }
                        #expect(next.offset >= 0)
                        paged.cursor = next
                        _ = paged.request(for: deployment)
                    }
                }
            }
        }
    }

    private static func next<E: PagedEndpoint>(_ endpoint: E, _ answer: Answer) throws -> PageCursor? {
        try endpoint.decode(answer).next
    }

    @Test("No header makes anybody wait for less than a second or for more than an hour")
    func rateLimits() {
        let texts =
            extremeNumbers + ["nan", "NaN", "inf", "+1", "0x7fffffffffffffff", "", " ", "1;2", "-9223372036854775808 "]
            + [
                "Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0000 00:00:00 GMT",
                "Mon, 01 Jan 9223372036854775807 00:00:00 GMT",
            ]
            + [
                "9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+9959",
                "9999-12-31T23:59:59.9-9959",
            ]
        let names = ["Retry-After", "X-RateLimit-Reset", "X-RateLimit-Interval-Seconds", "Date"]
        for name in names {
            for text in texts {
                for status in [200, 400, 429, 500, 503] {
                    var headers: HTTPHeaders = ["X-RateLimit-Remaining": text, "X-RateLimit-Limit": text]
                    if name == "Date" { headers["Retry-After"] = "Sun, 06 Nov 1994 08:49:37 GMT" }
                    headers[name] = text
                    guard let wait = RateLimitHints.retryAfter(headers, status: status) else { continue }
                    #expect((.seconds(1)...(.seconds(3_600))).contains(wait), "\(name): \(text)")
                }
            }
        }
    }

    @Test(
        "What is no time is none, and what is one can be written",
        arguments: [
            "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+9959", "9999-12-31T23:59:59-9959",
            "9999-12-31T24:59:61.999999999999Z",
            "9223372036854775807-01-01T00:00:00Z", "2026-02-31T00:00:00Z", "2026-01-01T00:00:00.1e400Z",
            "2026-01-01T00:00:00.\(String(repeating: "9", count: 400))Z", "-001-01-01T00:00:00Z",
        ])
    func times(text: String) {
        for date in [JiraTimestamp.iso8601(text), JiraTimestamp.httpDate(text)] {
            guard let date else { continue }
            #expect(!JiraTimestamp.text(date).isEmpty)
        }
    }

    @Test("Numbers of any size come into fields as they are or not at all")
    func fields() throws {
        for text in extremeNumbers {
            let value = try JSONValue(parsing: text)
            #expect(try JSONValue(parsing: value.serialized()) == JSONValue(parsing: value.serialized()))
            #expect(value.integerValue.map { Double($0) == value.doubleValue } ?? true)
        }
    }
}

extension JSONValue {
    /// The value with each of its leaves replaced in turn.
    func variants(with replacement: JSONValue) -> [JSONValue] {
        switch self {
        case .array(let elements):
            return elements.indices.flatMap { index in
                elements[index].variants(with: replacement).map { variant in
                    var changed = elements
                    changed[index] = variant
                    return .array(changed)
                }
            }
        case .object(let members):
            return members.flatMap { name, value in
                value.variants(with: replacement).map { variant in
                    var changed = members.dictionary
                    changed[name] = variant
                    return .object(JSONObject(inAnyOrder: changed.map { ($0.key, $0.value) }))
                }
            }
        default: return [replacement]
        }
    }
}
