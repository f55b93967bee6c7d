import Foundation

@testable import HTTP
@testable import Jira

/// An answer as it comes from the wire: a status, header lines, an empty line, the body. Every endpoint reads it, on Cloud and on
/// Data Center, as an answer and as a refusal.
enum AnswerFuzzing {
    private static let token = "ATATT3xFfGF0-fuzz/token+with=odd&signs"
    private static let email = "bot@acme.example"

    private static let endpoints: [any Endpoint] = [
        ServerInfo(), Myself(), GetProject("X"), ListProjects(), GetIssue("X-1"), SearchIssues(jql: "x"),
        CreateIssue(fields: ["summary": "x"]), BulkCreateIssues([CreateIssue(fields: ["summary": "x"])]),
        AddComment(to: "X-1", body: "x"), ListComments(of: "X-1"),
        MyPermissions(projectKey: "X", MyPermissions.Permission.allCases), ListCreatableIssueTypes(project: "X"),
        ListCreateFields(project: "X", issueTypeID: "1"), FindUsers("x", assignableIn: "X"), ListResolutions(),
        BulkFetchIssues(["X-1"]), ListServiceDesks(), ListRequestTypes(serviceDeskID: "1"),
        GetRequestForm(serviceDeskID: "1", requestTypeID: "2"),
        CreateCustomerRequest(serviceDeskID: "1", requestTypeID: "2", fields: ["summary": "x"]),
        GetSecurityScheme("X"),
    ]

    /// One that has no effect, one that has, and one of the service desk: no more is asked of a request whose answer is a refusal.
    private static let refused: [any Endpoint] = [
        GetIssue("X-1"), CreateIssue(fields: ["summary": "x"]),
        CreateCustomerRequest(serviceDeskID: "1", requestTypeID: "2", fields: ["summary": "x"]),
    ]

    private static let contexts: [RequestContext.Circumstances] = [
        RequestContext.Circumstances(
            JiraConnection(
                deployment: .cloud, baseURL: "https://acme.atlassian.net", browseURL: "https://acme.atlassian.net",
                credentials: .apiToken(email: email, token: Secret(token)))),
        RequestContext.Circumstances(
            JiraConnection(
                deployment: .dataCenter, baseURL: "https://jira.acme.example", browseURL: "https://jira.acme.example",
                credentials: .personalAccessToken(Secret(token)))),
    ]

    private static let scrubber = SecretScrubber(
        JiraCredentials.apiToken(email: email, token: Secret(token)).secrets)

    static func take(_ bytes: [UInt8]) {
        let answer = read(bytes)
        let body = try? JSONValue(parsing: answer.body)
        for circumstances in contexts {
            for endpoint in endpoints { ask(endpoint, answer, body, circumstances) }
            for endpoint in refused { refuse(endpoint, answer, body, circumstances) }
        }
        readTimes(answer)
    }

    private static func read(_ bytes: [UInt8]) -> HTTPResponse {
        var incoming = IncomingAnswer(maximumBodyBytes: 1 << 20)
        var rest = bytes[...]
        var status = 200
        var isFirst = true
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? rest.endIndex
            let line = rest[..<end]
            rest = rest[end...]
            if isFirst {
                let number = Int(String(decoding: line, as: UTF8.self).trimmedOfSpace) ?? 200
                status = (100...599).contains(number) ? number : 200
                isFirst = false
            } else {
                _ = incoming.receive(headerLine: line)
                if line.allSatisfy({ $0 == 0x0A || $0 == 0x0D }) { break }
            }
        }
        _ = incoming.receive(body: rest)
        return HTTPResponse(status: status, headers: incoming.headers, body: incoming.body, duration: .zero)
    }

    private static func context<E: Endpoint>(
        _ endpoint: E, _ circumstances: RequestContext.Circumstances
    ) -> RequestContext {
        RequestContext(
            operation: E.operation, hasEffect: E.hasEffect, api: E.api, circumstances: circumstances,
            scrubber: scrubber, sentFields: endpoint.sentFields)
    }

    private static func refuse<E: Endpoint>(
        _ endpoint: E, _ response: HTTPResponse, _ body: JSONValue?, _ circumstances: RequestContext.Circumstances
    ) {
        check(context(endpoint, circumstances).refusal(response, body: body))
    }

    private static func ask<E: Endpoint>(
        _ endpoint: E, _ response: HTTPResponse, _ body: JSONValue?, _ circumstances: RequestContext.Circumstances
    ) {
        guard let body, endpoint.isAnswer(status: response.status, body: body) else { return }
        let context = context(endpoint, circumstances)
        let answer = Answer(
            status: response.status, body: body, deployment: circumstances.deployment, context: context,
            time: ServerTime(response, askedAt: .now))
        do {
            let read = try endpoint.decode(answer)
            if let results = read as? [Result<CreateIssue.Response, JiraError>] {
                for case .failure(let error) in results { check(error) }
            }
        } catch {
            check(context.unreadable(missing: error.missing, status: response.status))
        }
    }

    /// An error is shown to people, logged and stored.
    private static func check(_ error: JiraError) {
        var texts = error.messages + [error.remedy, error.rawBody ?? "", error.rateLimitReason ?? "", "\(error)"]
        if case .invalid(let fields) = error.kind { texts += Array(fields.keys) + Array(fields.values) }
        if case .redirected(let origin) = error.kind { texts.append(origin) }
        for text in texts {
            demand(!text.contains(token), "no error holds the token: \(text)")
            demand(
                !text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F },
                "no error drives a terminal: \(text.debugDescription)")
        }
        if let wait = error.retryAfter {
            demand(wait >= .seconds(1) && wait <= .seconds(3_600), "a wait is between a second and an hour: \(wait)")
        }
    }

    private static func readTimes(_ answer: HTTPResponse) {
        for (_, value) in answer.headers.fields {
            for moment in [JiraTimestamp.httpDate(value), JiraTimestamp.iso8601(value)] {
                guard let moment else { continue }
                let text = JiraTimestamp.text(moment)
                demand(JiraTimestamp.iso8601(text) != nil, "a time that was written can be read: \(text) of \(value)")
            }
        }
    }
}
