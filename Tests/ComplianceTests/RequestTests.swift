import Foundation
import Jira
import JiraSimulator
import TestSupport
import Testing

/// What really goes over the wire in a whole run, held against Atlassian's own description of it.
@Suite("Requests to Jira Cloud")
struct RequestTests {
    @Test(
        "Each fits Atlassian's OpenAPI document, and each rich text its ADF schema",
        .enabled(if: ReferenceSchemas.openAPI != nil && ReferenceSchemas.adf != nil, ReferenceSchemas.isAbsent))
    func requestsFitTheDescription() async throws {
        let openAPI = try #require(ReferenceSchemas.openAPI)
        let adf = try #require(ReferenceSchemas.adf)
        try await Scene.with(.cloud, configure: { $0.statusFreshness = .zero }) { scene in
            try scene.jira.add(fault: "close-after-commit,operation=createIssue,count=1")
            try await scene.fail("CC1")
            try await scene.fail("CC2", severity: "critical") { $0["affectedSystems"] = ["a", "b\u{7}"] }
            try await scene.fail("CC3") {
                $0["failureReason"] = .string(String(repeating: "*x* {code} [~a]\n# 🦊 \u{202E}<&>\t", count: 2_000))
                $0["evidenceUrl"] = "javascript:alert(1)"
            }
            try await scene.runToTheEnd()
            try await scene.fail("CC1")
            try await scene.pass("CC2")
            try await scene.runToTheEnd()

            let requests = scene.jira.requests.filter { $0.path != "/rest/api/2/serverInfo" }
            #expect(Set(requests.map(\.operation)).isSuperset(of: [.createIssue, .addComment, .search, .getIssue]))
            for request in requests {
                let received = ReceivedRequest(
                    method: request.method, path: request.path, query: request.query, body: Array(request.body.utf8))
                #expect(openAPI.problems(in: received) == [], "\(request.method) \(request.path)")
                for text in try richTexts(in: request) { #expect(adf.problems(in: text) == []) }
            }
        }
    }

    private func richTexts(in request: SimulatedJira.RequestRecord) throws -> [JSONValue] {
        guard request.operation == .createIssue || request.operation == .addComment else { return [] }
        let body = try JSONValue(parsing: Array(request.body.utf8))
        return [try #require(body["fields"]?["description"] ?? body["body"])]
    }
}
