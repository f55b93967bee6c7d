/// A request as the simulated Jira sees it, read completely.
struct SimulatedRequest: Sendable {
    var method: String
    /// Path after the context path, still percent-encoded.
    var path: String
    var query: [String: String]
    /// Names in lower case.
    var headers: [String: String]
    var body: [UInt8]

    func header(_ name: String) -> String? { headers[name.lowercased()] }

    /// Whether the text stands in the body, the path or a value of the query.
    func says(_ text: String) -> Bool {
        String(decoding: body, as: UTF8.self).contains(text) || path.contains(text)
            || query.values.contains { $0.contains(text) }
    }
}

/// An answer before it is written.
struct SimulatedResponse: Sendable {
    var status: Int
    var headers: [(name: String, value: String)] = []
    var contentType = "application/json;charset=UTF-8"
    var body: [UInt8] = []

    static func json(_ status: Int, _ json: JSON) -> SimulatedResponse {
        SimulatedResponse(status: status, body: json.serialized())
    }

    static func text(_ status: Int, _ text: String, contentType: String = "text/plain;charset=UTF-8")
        -> SimulatedResponse
    {
        SimulatedResponse(status: status, contentType: contentType, body: Array(text.utf8))
    }

    static func html(_ status: Int, _ text: String) -> SimulatedResponse {
        .text(status, text, contentType: "text/html;charset=UTF-8")
    }
}

/// A refusal by Jira: its status and its usual body.
struct Refusal: Error {
    var status: Int
    var messages: [String] = []
    var fields: [String: String] = [:]
    /// What the simulator knows better than Jira tells; goes to the request log and the header `X-Simulator-Reason`.
    var reason: String?
    /// Overrides the usual body.
    var body: JSON?
    /// An answer that is no JSON at all.
    var page: SimulatedResponse?
    var headers: [(name: String, value: String)] = []

    init(_ status: Int, _ message: String, reason: String? = nil) {
        self.status = status
        messages = [message]
        self.reason = reason
    }

    init(
        _ status: Int, fields: [String: String], _ headers: [(name: String, value: String)] = [],
        reason: String? = nil
    ) {
        self.status = status
        self.fields = fields
        self.headers = headers
        self.reason = reason
    }

    init(_ status: Int, body: JSON, headers: [(name: String, value: String)] = []) {
        self.status = status
        self.body = body
        self.headers = headers
    }

    init(_ page: SimulatedResponse, headers: [(name: String, value: String)] = []) {
        status = page.status
        self.page = page
        self.headers = headers
    }

    /// `{"errorMessages":[...],"errors":{...}}`.
    var json: JSON {
        body ?? ["errorMessages": JSON(messages), "errors": .object(fields.mapValues { .string($0) })]
    }

    var response: SimulatedResponse {
        var response = page ?? SimulatedResponse.json(status, json)
        response.headers += headers
        if let reason {
            let printable = reason.unicodeScalars.map { (0x20..<0x7F).contains($0.value) ? Character($0) : "?" }
            response.headers.append(("X-Simulator-Reason", String(String(printable).prefix(400))))
        }
        return response
    }
}
