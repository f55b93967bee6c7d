import FoundationEssentials

/// Who asks.
enum Caller: Sendable, Hashable {
    case user(SimulatedUser)
    case anonymous

    var user: SimulatedUser? {
        guard case .user(let user) = self else { return nil }
        return user
    }
}

/// One request on its way through the site: what it says, who sent it, when.
struct Call: Sendable {
    var route: Route
    var request: SimulatedRequest
    /// The body, where there is one.
    var json: JSON?
    var caller: Caller
    var wording: Wording
    var now: Date
    /// `https://host/rest/api/3`, as it stands in `self` links.
    var apiURL: String

    func parameter(_ name: String) -> String? { request.query[name] }

    func integer(_ name: String) -> Int? { request.query[name].flatMap { Int($0) } }

    /// A comma-separated parameter.
    func list(_ name: String) -> [String]? {
        request.query[name].map { $0.split(separator: ",").map { String($0.trimmed) } }
    }

    func body() throws(Refusal) -> JSON {
        guard let json, json.objectValue != nil else {
            throw Refusal(400, wording.payloadInvalid, reason: "the body is not a JSON object")
        }
        return json
    }

    /// The user, where nobody else will do.
    func signedInUser() throws(Refusal) -> SimulatedUser {
        if let user = caller.user { return user }
        throw .unauthenticated(wording)
    }
}

extension Refusal {
    /// 401, as each product words it.
    static func unauthenticated(_ wording: Wording) -> Refusal {
        switch wording.mode {
        case .cloud: Refusal(401, wording.mustSignIn)
        case .dataCenter:
            Refusal(401, body: ["message": .string(wording.mustSignIn), "status-code": 401])
        }
    }
}

extension StringProtocol {
    var trimmed: SubSequence {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
        else { return self[startIndex..<startIndex] }
        return self[first...last]
    }
}
