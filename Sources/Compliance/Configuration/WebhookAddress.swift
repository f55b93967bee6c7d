import FoundationEssentials

/// Which URLs messages may be posted to, from whichever place the setting comes.
package enum WebhookAddress {
    /// https, or plain http to this machine: who reads the URL on its way can post.
    package static func isUsable(_ url: String) -> Bool {
        guard !url.contains(where: \.isWhitespace), let parts = URLComponents(string: url),
            let host = parts.host?.lowercased(), !host.isEmpty,
            parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil,
            parts.port.map({ (1...65_535).contains($0) }) ?? true
        else { return false }
        switch parts.scheme?.lowercased() {
        case "https": return true
        case "http": return isLoopback(host)
        default: return false
        }
    }

    private static func isLoopback(_ host: String) -> Bool {
        let octets = host.split(separator: ".", omittingEmptySubsequences: false)
        return ["localhost", "::1", "[::1]"].contains(host)
            || octets.count == 4 && octets[0] == "127" && octets.allSatisfy { UInt8($0) != nil }
    }
}
