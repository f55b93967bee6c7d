/// How the simulator's own surface and log show things: everything, in one shape for both products.
extension SimulatedIssue {
    var adminJSON: JSON {
        [
            "id": JSON(id), "key": .string(key), "formerKeys": JSON(formerKeys), "project": .string(projectKey),
            "issueType": .string(type.name), "requestType": JSON(requestType), "summary": .string(summary),
            "status": .string(status.name),
            "statusCategory": .string(status.category.rawValue), "resolution": JSON(resolution),
            "priority": JSON(priority?.name), "labels": JSON(labels), "due": JSON(due),
            "assignee": JSON(assignee?.name), "reporter": .string(reporter.name), "parent": JSON(parentKey),
            "richText": .object(richFields.mapValues(\.adminJSON)), "fields": .object(otherFields),
            "properties": .object(properties), "comments": .array(comments.map(\.adminJSON)),
            "created": .string(created.jiraTimestamp), "updated": .string(updated.jiraTimestamp),
            "resolved": JSON(resolved?.jiraTimestamp), "origin": .string(origin.rawValue),
        ]
    }
}

extension RichText {
    /// The text as it was sent.
    var adminJSON: JSON {
        switch self {
        case .adf(let document): document
        case .wiki(let text): .string(text)
        }
    }
}

extension SimulatedComment {
    var adminJSON: JSON {
        [
            "id": JSON(id), "issueId": JSON(issueID), "author": .string(author.name), "body": body.adminJSON,
            "text": .string(TerminalWriter(isStyled: false).lines(of: body.blocks).joined(separator: "\n")),
            "properties": .object(properties), "created": .string(created.jiraTimestamp),
        ]
    }
}

extension SimulatedJira.RequestRecord {
    var adminJSON: JSON {
        [
            "number": JSON(number), "at": .string(at.jiraTimestamp), "operation": .string(operation.rawValue),
            "method": .string(method), "path": .string(path), "query": .object(query.mapValues { .string($0) }),
            "headers": .object(headers.mapValues { .string($0) }), "body": .string(body),
            "status": status.map { JSON($0) } ?? .null, "faults": JSON(faults), "carriedOut": .bool(wasCarriedOut),
            "reason": JSON(reason),
        ]
    }
}

extension SimulatedJira.Counters {
    var adminJSON: JSON {
        let operations = byOperation.map { ($0.key.rawValue, JSON($0.value)) }
        let statuses = byStatus.map { ("\($0.key)", JSON($0.value)) }
        return [
            "requests": JSON(requests), "byOperation": .object(Dictionary(uniqueKeysWithValues: operations)),
            "byStatus": .object(Dictionary(uniqueKeysWithValues: statuses)), "violations": JSON(violations),
            "issuesCreated": JSON(issuesCreated), "commentsCreated": JSON(commentsCreated),
            "invalidRequests": JSON(invalidRequests), "refusedSignIns": JSON(refusedSignIns),
            "rateLimited": JSON(rateLimited), "faults": .object(faults.mapValues { JSON($0) }),
            "connectionsOpened": JSON(connectionsOpened), "connectionsOpen": JSON(connectionsOpen),
            "requestsInProgress": JSON(requestsInProgress), "mostRequestsAtOnce": JSON(mostRequestsAtOnce),
        ]
    }
}
