/// Makes a request of Jira Service Management: an issue that the portal shows. Sent twice, it makes two.
///
/// It takes no entity properties, and of fields only those of its form.
/// Source: https://developer.atlassian.com/cloud/jira/service-desk/rest/api-group-request/#api-rest-servicedeskapi-request-post
package struct CreateCustomerRequest: Endpoint {
    package struct Response: Sendable, Hashable {
        package var issue: CreateIssue.Response
        /// The request's page in the portal.
        package var portalURL: String?
    }

    package var serviceDeskID: String
    package var requestTypeID: String
    /// By field id; rich text as ADF for Cloud, as a string of wiki markup for Data Center.
    package var fields: [String: JSONValue]

    package static let operation = "create_request"
    package static let api = JiraAPI.serviceDesk
    package static let hasEffect = true

    package init(serviceDeskID: String, requestTypeID: String, fields: [String: JSONValue]) {
        self.serviceDeskID = serviceDeskID
        self.requestTypeID = requestTypeID
        self.fields = fields
    }

    package var sentFields: Set<String>? { Set(fields.keys) }

    package func request(for deployment: JiraConnection.Deployment) -> EndpointRequest {
        .post("/request", body: body(for: deployment))
    }

    package func body(for deployment: JiraConnection.Deployment) -> JSONValue {
        var body: [String: JSONValue] = [
            "serviceDeskId": .string(serviceDeskID), "requestTypeId": .string(requestTypeID),
            "requestFieldValues": .object(fields),
        ]
        if deployment == .cloud { body["isAdfRequest"] = true }
        return .object(body)
    }

    package func decode(_ answer: Answer) throws(UnreadableAnswer) -> Response {
        Response(
            issue: CreateIssue.Response(
                id: try answer.body.idOfSomethingMade("issueId"), key: try answer.body.requiredString("issueKey")),
            portalURL: answer.body["_links"]?["web"]?.stringValue)
    }
}
