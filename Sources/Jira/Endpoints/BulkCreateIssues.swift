/// Makes several issues in one request; each may fail for itself.
package struct BulkCreateIssues: Endpoint {
    /// Cloud takes no more at once; Data Center names no limit.
    package static let maximumCount = 50

    package var issues: [CreateIssue]

    package static let operation = "bulk_create_issues"
    package static let hasEffect = true

    package init(_ issues: [CreateIssue]) {
        self.issues = issues
    }

    package func request(for deployment: JiraConnection.Deployment) -> EndpointRequest {
        .post("/issue/bulk", body: ["issueUpdates": .array(issues.map(\.body))])
    }

    /// If all fail the status is 400, the body the same.
    package func isAnswer(status: Int, body: JSONValue) -> Bool {
        if (200..<300).contains(status) { return true }
        guard status == 400, body["issues"]?.arrayValue != nil, let errors = body["errors"]?.arrayValue else {
            return false
        }
        return !errors.isEmpty && errors.allSatisfy { $0["failedElementNumber"] != nil }
    }

    /// For each issue of the request, in its order, what became of it.
    ///
    /// Failures name their place, successes do not: Jira lists them in the order of the request. That order is seen in
    /// Atlassian's examples but not promised, so where some failed, whoever must be sure looks at the issues' marks.
    package func decode(_ answer: Answer) throws(UnreadableAnswer) -> [Result<CreateIssue.Response, JiraError>] {
        var failures: [Int: JiraError] = [:]
        for error in answer.body["errors"]?.arrayValue ?? [] {
            guard let place = (error["failedElementNumber"]?.integerValue).flatMap({ Int(exactly: $0) }),
                issues.indices.contains(place), failures[place] == nil
            else { throw UnreadableAnswer(missing: "which issues failed") }
            var context = answer.context
            context.sentFields = issues[place].sentFields
            failures[place] =
                if let status = (error["status"]?.integerValue).flatMap({ Int(exactly: $0) }) {
                    context.refusal(status: status, error["elementErrors"] ?? error)
                } else {
                    answer.context.unreadable(missing: "the status of an issue that failed", status: answer.status)
                }
        }
        let created = try answer.body.requiredArray("issues")
        guard created.count + failures.count == issues.count else {
            throw UnreadableAnswer(missing: "an issue or an error for each of the \(issues.count) issues")
        }
        var remaining = created.makeIterator()
        var results: [Result<CreateIssue.Response, JiraError>] = []
        for place in issues.indices {
            if let failure = failures[place] {
                results.append(.failure(failure))
            } else if let issue = remaining.next() {
                results.append(.success(try CreateIssue.Response(issue)))
            }
        }
        return results
    }
}
