/// What can be told about a URL before libcurl sees it.
enum RequestURL {
    /// `https://host:port` of a URL, for messages: without user, path and query, any of which may be a secret.
    static func origin(of url: String) -> String {
        guard let (scheme, authority) = split(url) else { return "an unreadable URL" }
        let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        // A password with a slash ends the authority early, and what is left of it looks like a port.
        let isCut = !authority.contains("@") && authority.contains(":") && url[authority.endIndex...].contains("@")
        return isCut || !hasPlainPort(host) ? "an unreadable URL" : "\(scheme)://\(host)"
    }

    /// What is wrong with the URL, or nil. libcurl would notice too, but later and in fewer words.
    static func objection(to url: String, allowsPlainHTTP: Bool) -> String? {
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return "the URL contains a character that must be percent-encoded"
        }
        guard let (scheme, authority) = split(url) else {
            return "not an absolute URL; write it as https://host/path"
        }
        switch scheme.lowercased() {
        case "https":
            break
        case "http" where allowsPlainHTTP:
            break
        case "http":
            return "plain http is not allowed here; use https, or allow http for this connection explicitly"
        default:
            return "\(scheme) is not a scheme that is spoken here; use https"
        }
        guard !authority.isEmpty else { return "the URL names no host" }
        guard !authority.contains("@") else {
            return "the URL contains a user name or password; credentials belong in their own settings"
        }
        guard hasPlainPort(authority) else { return "the URL's port is not a number" }
        return nil
    }

    /// Whether nothing, or a number, stands for the port.
    private static func hasPlainPort(_ authority: Substring) -> Bool {
        let host = authority.first == "[" ? authority.drop { $0 != "]" } : authority
        guard let colon = host.firstIndex(of: ":") else { return true }
        return host[colon...].dropFirst().allSatisfy { $0.isASCII && $0.isNumber }
    }

    private static func split(_ url: String) -> (scheme: Substring, authority: Substring)? {
        guard let colon = url.firstIndex(of: ":"), url[colon...].hasPrefix("://") else { return nil }
        let authority = url[colon...].dropFirst(3).prefix { $0 != "/" && $0 != "?" && $0 != "#" && $0 != "\\" }
        return (url[..<colon], authority)
    }
}
