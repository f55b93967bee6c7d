import FoundationEssentials

extension Site {
    /// `POST /issue/{idOrKey}/comment`.
    mutating func addComment(_ call: Call) throws(Refusal) -> (Int, JSON) {
        let user = try call.signedInUser()
        let issue = try visibleIssue(call.route.arguments[0], call)
        guard projects[issue.projectKey]?.permissions.contains("ADD_COMMENTS") == true else {
            throw Refusal(403, call.wording.commentForbidden)
        }
        let body = try call.body()
        let text = try commentText(body["body"], call)
        let properties = try properties(body["properties"], call.wording)
        if let limit = settings.commentLimit, issue.comments.count >= limit {
            throw Refusal(413, "The issue has reached the limit of \(limit) comments.")
        }
        let comment = store(comment: text, properties: properties, on: issue, by: user, at: call.now)
        return (201, json(comment, withProperties: true, call))
    }

    mutating func store(
        comment body: RichText, properties: [String: JSON], on issue: SimulatedIssue, by user: SimulatedUser,
        at now: Date
    ) -> SimulatedComment {
        lastCommentID += 1
        let comment = SimulatedComment(
            id: lastCommentID, issueID: issue.id, author: user, body: body, properties: properties, created: now)
        comments[comment.id] = (issue.id, issue.comments.count)
        change(issue.id, at: now) { $0.comments.append(comment) }
        counters.commentsCreated += 1
        events.append(.commentAdded(comment, issueKey: issue.key))
        return comment
    }

    private func commentText(_ value: JSON?, _ call: Call) throws(Refusal) -> RichText {
        let wording = call.wording
        guard let value, !value.isNull, value.stringValue?.trimmed.isEmpty != true else {
            throw Refusal(400, fields: ["comment": wording.commentEmpty])
        }
        do {
            return try richText(value, call)
        } catch {
            let isAboutForm =
                error.message == wording.mustBeADF || error.message == wording.mustBeString
                || error.message == "INVALID_INPUT"
            guard isAboutForm else { throw Refusal(400, fields: ["comment": error.message], reason: error.reason) }
            throw Refusal(400, fields: ["comment": wording.commentInvalid], reason: error.reason ?? error.message)
        }
    }

    /// `GET /issue/{idOrKey}/comment`.
    func listComments(_ call: Call) throws(Refusal) -> (Int, JSON) {
        let issue = try visibleIssue(call.route.arguments[0], call)
        let order = call.parameter("orderBy") ?? "created"
        guard ["created", "+created", "-created", " created"].contains(order) else {
            throw Refusal(400, "Cannot order by '\(order)'.")
        }
        let page = commentPage(
            issue, startAt: call.integer("startAt") ?? 0, maxResults: call.integer("maxResults") ?? 5000,
            newestFirst: order.hasPrefix("-"), call)
        return (200, page)
    }

    /// `GET /issue/{idOrKey}/comment/{id}`.
    func getComment(_ call: Call) throws(Refusal) -> (Int, JSON) {
        let issue = try visibleIssue(call.route.arguments[0], call)
        guard let comment = issue.comments.first(where: { "\($0.id)" == call.route.arguments[1] }) else {
            throw Refusal(404, "Can not find a comment for the id: \(call.route.arguments[1]).")
        }
        return (200, json(comment, withProperties: true, call))
    }

    /// `GET /comment/{id}/properties/{key}`.
    func commentProperty(_ call: Call) throws(Refusal) -> (Int, JSON) {
        let key = call.route.arguments[1]
        guard let id = Int(call.route.arguments[0]), let place = comments[id], let issue = issues[place.issueID],
            call.caller.user != nil, isVisible(issue), issue.comments.indices.contains(place.position)
        else { throw Refusal(404, "Can not find a comment for the id: \(call.route.arguments[0]).") }
        guard let value = issue.comments[place.position].properties[key] else {
            throw Refusal(404, "The property \(key) does not exist.")
        }
        return (200, ["key": .string(key), "value": value])
    }

    func commentPage(
        _ issue: SimulatedIssue, startAt: Int, maxResults: Int, newestFirst: Bool, _ call: Call
    ) -> JSON {
        let ordered = newestFirst ? issue.comments.reversed() : issue.comments
        let limit = min(max(maxResults, 0), 5000)
        let page = ordered.dropFirst(max(startAt, 0)).prefix(limit)
        let withProperties = call.list("expand")?.contains("properties") == true
        return [
            "startAt": JSON(startAt), "maxResults": JSON(limit), "total": JSON(ordered.count),
            "comments": .array(page.map { json($0, withProperties: withProperties, call) }),
        ]
    }

    private func json(_ comment: SimulatedComment, withProperties: Bool, _ call: Call) -> JSON {
        var result: [String: JSON] = [
            "id": .string("\(comment.id)"),
            "self": .string("\(call.apiURL)/issue/\(comment.issueID)/comment/\(comment.id)"),
            "author": comment.author.json(mode), "updateAuthor": comment.author.json(mode),
            "body": comment.body.json(apiVersion: call.route.apiVersion),
            "created": .string(comment.created.jiraTimestamp), "updated": .string(comment.created.jiraTimestamp),
        ]
        if withProperties, !comment.properties.isEmpty {
            result["properties"] = .array(
                comment.properties.sorted { $0.key < $1.key }.map { ["key": .string($0.key), "value": $0.value] })
        }
        return .object(result)
    }
}
