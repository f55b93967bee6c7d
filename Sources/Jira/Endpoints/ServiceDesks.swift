import HTTP

/// A project of Jira Service Management, as its portal knows it. Its id is not the project's.
package struct ServiceDesk: Sendable, Hashable {
    package var id: String
    package var projectKey: String

    init(_ body: JSONValue) throws(UnreadableAnswer) {
        id = try body.requiredID("id")
        projectKey = try body.requiredString("projectKey")
    }
}

/// What portal users can ask for: a form of its own before an issue type. Its id is not the issue type's.
package struct RequestType: KnownByName, Sendable, Hashable {
    package var id: String
    package var name: String

    init(_ body: JSONValue) throws(UnreadableAnswer) {
        id = try body.requiredID("id")
        name = try body.requiredString("name")
    }
}

/// One page of the service desks that the account may see.
/// Source: https://developer.atlassian.com/cloud/jira/service-desk/rest/api-group-servicedesk/
package struct ListServiceDesks: PagedEndpoint {
    package typealias Item = ServiceDesk

    package var cursor: PageCursor?

    package static let operation = "list_service_desks"
    package static let api = JiraAPI.serviceDesk
    package static let absenceIsConclusive = true

    package init() {}

    package func request(for deployment: JiraConnection.Deployment) -> EndpointRequest {
        .get("/servicedesk", query: [("start", String(cursor?.offset ?? 0)), ("limit", "100")])
    }

    package func decode(_ answer: Answer) throws(UnreadableAnswer) -> Page<ServiceDesk> {
        try Page(answer.body, from: cursor, listedUnder: ["values"], read: ServiceDesk.init)
    }
}

/// One page of the request types of a service desk.
/// Source: https://developer.atlassian.com/cloud/jira/service-desk/rest/api-group-requesttype/
package struct ListRequestTypes: PagedEndpoint {
    package typealias Item = RequestType

    package var serviceDeskID: String
    package var cursor: PageCursor?

    package static let operation = "list_request_types"
    package static let api = JiraAPI.serviceDesk
    package static let absenceIsConclusive = true

    package init(serviceDeskID: String) {
        self.serviceDeskID = serviceDeskID
    }

    package func request(for deployment: JiraConnection.Deployment) -> EndpointRequest {
        .get(
            "/servicedesk/\(PercentEncoding.pathSegment(serviceDeskID))/requesttype",
            query: [("start", String(cursor?.offset ?? 0)), ("limit", "100")])
    }

    package func decode(_ answer: Answer) throws(UnreadableAnswer) -> Page<RequestType> {
        try Page(answer.body, from: cursor, listedUnder: ["values"], read: RequestType.init)
    }
}

/// The fields of a request type's form. No page: Jira gives all of them.
package struct GetRequestForm: Endpoint {
    package var serviceDeskID: String
    package var requestTypeID: String

    package static let operation = "get_request_form"
    package static let api = JiraAPI.serviceDesk
    package static let absenceIsConclusive = true

    package init(serviceDeskID: String, requestTypeID: String) {
        self.serviceDeskID = serviceDeskID
        self.requestTypeID = requestTypeID
    }

    package func request(for deployment: JiraConnection.Deployment) -> EndpointRequest {
        .get(
            "/servicedesk/\(PercentEncoding.pathSegment(serviceDeskID))/requesttype/"
                + "\(PercentEncoding.pathSegment(requestTypeID))/field")
    }

    /// Those that whoever fills in the form sees; Jira itself fills in the hidden ones.
    package func decode(_ answer: Answer) throws(UnreadableAnswer) -> [JiraCreateField] {
        var fields: [JiraCreateField] = []
        for field in try answer.body.requiredArray("requestTypeFields") where field["visible"]?.boolValue != false {
            fields.append(try JiraCreateField(ofForm: field))
        }
        return fields
    }
}

extension JSONValue {
    /// An id that some versions write as a number.
    fileprivate func requiredID(_ key: String) throws(UnreadableAnswer) -> String {
        if let number = self[key]?.integerValue { return String(number) }
        return try requiredString(key)
    }
}
