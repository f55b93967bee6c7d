import TestSupport

/// A gateway, firewall or proxy before Jira that answers in its own words, whether or not it passed the request on.
enum Intermediary {
    /// What it dislikes in a failure's words, as firewalls dislike what reads like SQL.
    static let dislikedWords = "UNION SELECT"

    private static let bodies = ["html", "text", "empty", "message", "gateway", "code", "malformed", "cut"]
    private static let statuses = [
        200, 202, 302, 400, 401, 403, 404, 405, 406, 409, 411, 413, 415, 422, 429, 500, 502, 503,
    ]

    enum Scope: Sendable { case oneRequest, everyPost, oneFailure }

    /// The answer that hides what became of a request: a fault as the simulator writes it.
    static func fault(for scope: Scope, _ random: inout SeededRandom) -> String {
        let status = statuses[Int.random(in: 0..<statuses.count, using: &random)]
        let body = bodies[Int.random(in: 0..<bodies.count, using: &random)]
        var fault = "status=\(status),body=\(body),committed=\(random.chance(0.5) ? "yes" : "no")"
        if status == 302 { fault += ",header.Location=https://login.example/sso" }
        switch scope {
        case .oneRequest:
            let operations = ["createIssue", "bulkCreateIssues", "createRequest", "addComment", "search", "getIssue"]
            fault += ",operation=\(operations[Int.random(in: 0..<operations.count, using: &random)]),count=1"
        case .everyPost:
            fault += ",method=POST,lasting=\(Int.random(in: 800...4_000, using: &random))ms"
        case .oneFailure:
            // What a firewall refuses it does not pass on.
            let refused = [400, 403, 405, 406, 413, 500][Int.random(in: 0..<6, using: &random)]
            return "status=\(refused),body=\(body),method=POST,contains=\(dislikedWords)"
        }
        return fault
    }
}
