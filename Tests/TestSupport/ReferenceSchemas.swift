import Foundation
package import Jira
package import Testing

/// Atlassian's own descriptions of what Jira takes, if they are at hand: in `JIRA_SCHEMAS_DIR`, by default
/// `../shared/reference` beside the package.
package enum ReferenceSchemas {
    package static let openAPI = load("jira-cloud-v3.openapi.json").map(OpenAPIDocument.init)
    package static let adf = load("adf-full.schema.json").map { JSONSchema($0) }

    package static let isAbsent: Comment =
        "Atlassian's schemas are not at hand: set JIRA_SCHEMAS_DIR to the folder that has them"

    private static func load(_ name: String) -> JSONValue? {
        let given = ProcessInfo.processInfo.environment["JIRA_SCHEMAS_DIR"].map { URL(fileURLWithPath: $0) }
        let package = URL(fileURLWithPath: #filePath).appending(path: "../../..").standardizedFileURL
        let directory = given ?? package.appending(path: "../shared/reference")
        guard let data = try? Data(contentsOf: directory.appending(path: name)) else { return nil }
        return try? JSONValue(parsing: Array(data))
    }
}

/// A request as a server received it.
package struct ReceivedRequest: Sendable {
    package var method: String
    package var path: String
    package var query: [String: String]
    package var body: [UInt8]

    package init(method: String, path: String, query: [String: String], body: [UInt8]) {
        self.method = method
        self.path = path
        self.query = query
        self.body = body
    }

    var json: JSONValue? { try? JSONValue(parsing: body) }
}

/// The OpenAPI description of Jira Cloud's REST API.
package struct OpenAPIDocument: Sendable {
    let document: JSONValue

    /// What is wrong with a request by the description: an unknown path or query parameter, a body that does not fit.
    package func problems(in request: ReceivedRequest) -> [String] {
        guard let operation = operation(request) else { return ["\(request.method) \(request.path) is not described"] }
        let parameters = (operation["parameters"]?.arrayValue ?? []).filter { $0["in"] == "query" }
        let names = Set(parameters.compactMap { $0["name"]?.stringValue })
        let unknown = request.query.keys.filter { !names.contains($0) }.map { "unknown query parameter \($0)" }
        let missing = parameters.filter { $0["required"] == true }.compactMap { $0["name"]?.stringValue }
            .filter { request.query[$0] == nil }.map { "lacks the query parameter \($0)" }
        return unknown + missing + bodyProblems(request, operation)
    }

    private func bodyProblems(_ request: ReceivedRequest, _ operation: JSONValue) -> [String] {
        guard let schema = operation["requestBody"]?["content"]?["application/json"]?["schema"] else {
            return request.body.isEmpty ? [] : ["a body is not expected"]
        }
        guard let body = request.json else { return ["the body is not JSON"] }
        return JSONSchema(document, schema: schema, direction: .request).problems(in: body)
    }

    /// What is wrong with an answer, which tests make up.
    package func problems(inAnswer body: JSONValue, to request: ReceivedRequest, status: Int) -> [String] {
        guard
            let schema = operation(request)?["responses"]?[String(status)]?["content"]?["application/json"]?["schema"]
        else { return ["an answer \(status) to \(request.method) \(request.path) is not described"] }
        return JSONSchema(document, schema: schema).problems(in: body)
    }

    private func operation(_ request: ReceivedRequest) -> JSONValue? {
        let parts = request.path.split(separator: "/")
        let candidates = (document["paths"]?.objectValue ?? [:]).filter { template, item in
            let segments = template.split(separator: "/")
            return item[request.method.lowercased()] != nil && segments.count == parts.count
                && zip(segments, parts).allSatisfy { $0.first == "{" || $0 == $1 }
        }
        // A fixed segment is the better match: /issue/bulk before /issue/{key}.
        let best = candidates.min { $0.key.count(where: { $0 == "{" }) < $1.key.count(where: { $0 == "{" }) }
        return best?.value[request.method.lowercased()]
    }
}
