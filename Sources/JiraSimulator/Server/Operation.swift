extension SimulatedJira {
    /// What can be asked of Jira here. Faults and counters go by these names.
    package enum Operation: String, Sendable, CaseIterable {
        case serverInfo
        case tenantInfo
        case myself
        case listProjects
        case getProject
        case getSecurityScheme
        case myPermissions
        case createMetaIssueTypes
        case createMetaFields
        case createMetaRemoved
        case priorities
        case listResolutions
        case fields
        case issueTypes
        case createIssue
        case bulkCreateIssues
        case getIssue
        case bulkFetchIssues
        case search
        case approximateCount
        case searchRemoved
        case addComment
        case listComments
        case getComment
        case getIssueProperty
        case listIssueProperties
        case getCommentProperty
        case findUsers
        case findAssignableUsers
        case listServiceDesks
        case listRequestTypes
        case getRequestForm
        case createRequest
        case browse
        /// A path that this Jira does not have.
        case unknown
        /// A method that a careful client never sends: it would change, move or delete.
        case violation
    }
}

/// Where a request goes.
struct Route: Sendable {
    enum Entry: Hashable, Sendable {
        case site
        case gateway(cloudID: String)
    }

    var operation: SimulatedJira.Operation
    /// 2 takes wiki markup, 3 takes ADF.
    var apiVersion = 3
    var entry = Entry.site
    /// The variable parts of the path, decoded.
    var arguments: [String] = []
}

extension Route {
    /// Reads method and path. Whatever is neither a read nor one of the few writes our client may do is a violation.
    init(method: String, path: String, mode: SimulatedJira.Mode) {
        var parts = path.split(separator: "/").map { percentDecoded($0) }
        self.init(operation: .unknown)
        if mode == .cloud, parts.count >= 3, parts[0] == "ex", parts[1] == "jira" {
            entry = .gateway(cloudID: parts[2])
            parts.removeFirst(3)
        }
        if parts == ["_edge", "tenant_info"], mode == .cloud, entry == .site {
            operation = .tenantInfo
        } else if parts.count == 2, parts[0] == "browse", entry == .site {
            operation = .browse
            arguments = [parts[1]]
        } else if parts.count >= 4, parts[0] == "rest", parts[1] == "api", let version = Self.version(parts[2], mode) {
            apiVersion = version
            let isPost = method == "POST"
            (operation, arguments) = Self.resource(Array(parts[3...]), isPost: isPost, mode: mode) ?? (.unknown, [])
        } else if parts.count >= 3, parts[0] == "rest", parts[1] == "servicedeskapi" {
            (operation, arguments) = Self.serviceDesk(Array(parts[2...]), isPost: method == "POST") ?? (.unknown, [])
        }
        let isRead = method == "GET" && operation != .violation
        let isKnownPost = method == "POST" && operation != .unknown && operation != .tenantInfo && operation != .browse
        if !isRead, !isKnownPost { operation = .violation }
    }

    private static func version(_ text: String, _ mode: SimulatedJira.Mode) -> Int? {
        switch (text, mode) {
        case ("2", _), ("latest", .dataCenter): 2
        case ("3", .cloud), ("latest", .cloud): 3
        default: nil
        }
    }

    private static func resource(
        _ parts: [String], isPost: Bool, mode: SimulatedJira.Mode
    ) -> (SimulatedJira.Operation, [String])? {
        let cloud = mode == .cloud
        if isPost { return post(parts, cloud: cloud) }
        return switch (parts.count, parts[0]) {
        case (1, "serverInfo"): (.serverInfo, [])
        case (1, "myself"): (.myself, [])
        case (1, "mypermissions"): (.myPermissions, [])
        case (1, "priority"): (.priorities, [])
        case (1, "resolution"): (.listResolutions, [])
        case (2, "resolution") where parts[1] == "search": cloud ? (.listResolutions, ["paged"]) : nil
        case (1, "field"): (.fields, [])
        case (1, "issuetype"): (.issueTypes, [])
        case (1, "project"): (.listProjects, [])
        case (1, "search"): (cloud ? .searchRemoved : .search, [])
        case (2, "search") where cloud && parts[1] == "jql": (.search, [])
        case (2, "project") where parts[1] == "search": cloud ? (.listProjects, ["paged"]) : nil
        case (2, "project"): (.getProject, [parts[1]])
        case (3, "project") where parts[2] == "issuesecuritylevelscheme": (.getSecurityScheme, [parts[1]])
        case (2, "user") where parts[1] == "search": (.findUsers, [])
        case (3, "user") where parts[1] == "assignable" && parts[2] == "search": (.findAssignableUsers, [])
        case (4, "comment") where parts[2] == "properties": (.getCommentProperty, [parts[1], parts[3]])
        case (2..., "issue"): issueRead(parts)
        default: nil
        }
    }

    private static func issueRead(_ parts: [String]) -> (SimulatedJira.Operation, [String])? {
        switch parts.count {
        case 2 where parts[1] == "createmeta": (.createMetaRemoved, [])
        case 2: (.getIssue, [parts[1]])
        case 3 where parts[2] == "comment": (.listComments, [parts[1]])
        case 3 where parts[2] == "properties": (.listIssueProperties, [parts[1]])
        case 4 where parts[1] == "createmeta" && parts[3] == "issuetypes": (.createMetaIssueTypes, [parts[2]])
        case 4 where parts[2] == "properties": (.getIssueProperty, [parts[1], parts[3]])
        case 4 where parts[2] == "comment": (.getComment, [parts[1], parts[3]])
        case 5 where parts[1] == "createmeta" && parts[3] == "issuetypes": (.createMetaFields, [parts[2], parts[4]])
        default: nil
        }
    }

    private static func serviceDesk(
        _ parts: [String], isPost: Bool
    ) -> (SimulatedJira.Operation, [String])? {
        if isPost { return parts == ["request"] ? (.createRequest, []) : nil }
        guard parts[0] == "servicedesk" else { return nil }
        return switch parts.count {
        case 1: (.listServiceDesks, [])
        case 3 where parts[2] == "requesttype": (.listRequestTypes, [parts[1]])
        case 5 where parts[2] == "requesttype" && parts[4] == "field": (.getRequestForm, [parts[1], parts[3]])
        default: nil
        }
    }

    private static func post(_ parts: [String], cloud: Bool) -> (SimulatedJira.Operation, [String])? {
        switch (parts.count, parts[0]) {
        case (1, "issue"): (.createIssue, [])
        case (2, "issue") where parts[1] == "bulk": (.bulkCreateIssues, [])
        case (2, "issue") where parts[1] == "bulkfetch" && cloud: (.bulkFetchIssues, [])
        case (3, "issue") where parts[2] == "comment": (.addComment, [parts[1]])
        case (1, "search"): (cloud ? .searchRemoved : .search, [])
        case (2, "search") where parts[1] == "jql" && cloud: (.search, [])
        case (2, "search") where parts[1] == "approximate-count" && cloud: (.approximateCount, [])
        default: nil
        }
    }
}

/// Decodes `%XX`; what is malformed stays as it is.
func percentDecoded(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "%"), rest.count >= 2,
            let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
        {
            bytes.append(value)
            rest = rest.dropFirst(2)
        } else {
            bytes.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}

/// `XX` for every byte that is neither letter, digit nor one of `-._~`.
func percentEncoded(_ text: String) -> String {
    text.utf8.reduce(into: "") { result, byte in
        let scalar = Unicode.Scalar(byte)
        if byte < 0x80,
            scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "-._~".unicodeScalars.contains(scalar)
        {
            result.unicodeScalars.append(scalar)
        } else {
            result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }
    }
}

/// The parameters of a query string; of a repeated one, the values joined by commas as Jira's lists take them.
func queryParameters(_ query: String) -> [String: String] {
    var parameters: [String: String] = [:]
    for pair in query.split(separator: "&") {
        let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let value = halves.count == 2 ? percentDecoded(halves[1], plusIsSpace: true) : ""
        let name = percentDecoded(halves[0], plusIsSpace: true)
        parameters[name] = parameters[name].map { "\($0),\(value)" } ?? value
    }
    return parameters
}
