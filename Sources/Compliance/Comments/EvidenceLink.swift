import HTTP

/// Links into the Kushim application.
enum EvidenceLink {
    static func of(_ id: String, appURL: String) -> String {
        var root = appURL
        while root.last == "/" { root.removeLast() }
        return "\(root)/evidence/\(PercentEncoding.pathSegment(id))"
    }
}
