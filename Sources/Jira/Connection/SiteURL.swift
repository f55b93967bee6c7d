/// The address of a server as people write it: with or without scheme, with port and path.
struct SiteURL {
    var scheme: String
    /// In lower case; an IPv6 address in brackets.
    var host: String
    var port: Int?
    /// Empty, or from the first slash on, without trailing slash.
    var path: String
    /// Whether more than a host name was written.
    var hadScheme: Bool
    /// Whether a query or a fragment was left out.
    var wasCut: Bool

    /// - Parameter setting: what to name in errors. They never quote the text, which may hold a password.
    init(_ text: String, setting: String) throws(JiraConfigurationError) {
        let remedy = "Give it as jira.example.com or https://jira.example.com:8443/jira."
        let text = text.trimmedOfSpace
        var rest = text[...]
        if let separator = text.firstRange(of: "://") {
            scheme = text[..<separator.lowerBound].lowercased()
            hadScheme = true
            rest = text[separator.upperBound...]
        } else {
            scheme = "https"
            hadScheme = false
        }
        guard scheme == "https" || scheme == "http" else {
            throw JiraConfigurationError(setting: setting, problem: "does not begin with https://", remedy: remedy)
        }
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" && $0 != "\\" }
        guard !authority.contains("@") else {
            throw JiraConfigurationError(
                setting: setting, problem: "holds a user name or an e-mail address",
                remedy: "Give the address of Jira alone, and user and token by their own settings.")
        }
        let afterAuthority = rest[authority.endIndex...]
        let path = afterAuthority.prefix { $0 != "?" && $0 != "#" }
        wasCut = path.endIndex != afterAuthority.endIndex
        self.path = "/" + path.split(separator: "/").joined(separator: "/")
        if self.path == "/" { self.path = "" }

        guard let (host, port) = Self.hostAndPort(authority) else {
            throw JiraConfigurationError(setting: setting, problem: "holds no valid host name", remedy: remedy)
        }
        let unsafe: (UInt8) -> Bool = { $0 <= 0x20 || $0 >= 0x7F || $0 == UInt8(ascii: "\\") }
        guard !self.path.utf8.contains(where: unsafe) else {
            throw JiraConfigurationError(
                setting: setting, problem: "holds characters that no URL has", remedy: remedy)
        }
        self.host = host
        self.port = port
    }

    private static func hostAndPort(_ authority: Substring) -> (host: String, port: Int?)? {
        var host = authority[...]
        var port: Int?
        let hostEnd = authority.first == "[" ? authority.lastIndex(of: "]").map(authority.index(after:)) : nil
        if let colon = authority[(hostEnd ?? authority.startIndex)...].firstIndex(of: ":") {
            host = authority[..<colon]
            let digits = authority[authority.index(after: colon)...]
            guard let number = Int(digits), (1...65_535).contains(number), digits.allSatisfy(\.isNumber) else {
                return nil
            }
            port = number
        }
        let isValid = hostEnd == nil ? host.utf8.allSatisfy(isInName) : host.utf8.allSatisfy(isInBracketedAddress)
        guard !host.isEmpty, isValid, host.first != ".", host.first != "-" else { return nil }
        return (host.lowercased(), port)
    }

    private static func isInName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func isInBracketedAddress(_ byte: UInt8) -> Bool {
        isInName(byte) || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "[") || byte == UInt8(ascii: "]")
    }

    /// Without path.
    var origin: String {
        "\(scheme)://\(host)" + (port.map { ":\($0)" } ?? "")
    }

    var isLoopback: Bool {
        let octets = host.split(separator: ".", omittingEmptySubsequences: false)
        return host == "localhost" || host.hasSuffix(".localhost") || host == "[::1]"
            || (octets.count == 4 && octets[0] == "127" && octets.allSatisfy { UInt8($0) != nil })
    }

    /// Sites of Atlassian's Cloud; its own domain, so nobody else can have one.
    var isAtlassianSite: Bool {
        host.hasSuffix(".atlassian.net")
    }
}
