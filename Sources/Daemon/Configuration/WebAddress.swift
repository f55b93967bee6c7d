import FoundationEssentials

/// An absolute http or https URL, looked at closely enough to refuse the usual slips before anything is sent there.
struct WebAddress: Sendable {
    var scheme: String
    /// Lower case, without the brackets of an IPv6 address.
    var host: String
    var port: Int?
    /// Without a trailing slash: empty, or `/jira`.
    var path: String

    var isEncrypted: Bool { scheme == "https" }
    var isLoopback: Bool {
        host == "localhost" || host == "::1" || (host.hasPrefix("127.") && host.allSatisfy(\.isDigitOrDot))
    }

    var text: String {
        let authority = host.contains(":") ? "[\(host)]" : host
        return "\(scheme)://\(authority)\(port.map { ":\($0)" } ?? "")\(path)"
    }

    static func reading(_ text: String) throws(UnfitValue) -> WebAddress {
        let remedy = "write it as https://host, with port and path if there are any"
        guard !text.contains(where: \.isWhitespace), let parts = URLComponents(string: text), let scheme = parts.scheme,
            ["http", "https"].contains(scheme.lowercased()), let host = parts.host, !host.isEmpty
        else { throw UnfitValue(message: "\(text.quoted) is not a web address", remedy: remedy) }
        guard parts.user == nil, parts.password == nil else {
            throw UnfitValue(message: "the address holds a user name", remedy: "give credentials in their own settings")
        }
        guard parts.query == nil, parts.fragment == nil else {
            throw UnfitValue(message: "\(text.quoted) has a query or fragment", remedy: "end it before ? and #")
        }
        if let port = parts.port, !(1...65_535).contains(port) {
            throw UnfitValue(message: "\(port) is not a port", remedy: "use 1 to 65535")
        }
        var path = parts.path
        while path.hasSuffix("/") { path.removeLast() }
        return WebAddress(
            scheme: scheme.lowercased(), host: host.lowercased().filter { $0 != "[" && $0 != "]" }, port: parts.port,
            path: path)
    }
}

extension Character {
    fileprivate var isDigitOrDot: Bool { self == "." || (isASCII && isNumber) }
}

extension SettingFormat where Value == String {
    /// An https URL, or http to this machine.
    static var webAddress: SettingFormat {
        SettingFormat { (text) throws(UnfitValue) in
            let address = try WebAddress.reading(text)
            guard address.isEncrypted || address.isLoopback else {
                throw UnfitValue(message: "\(text.quoted) is not encrypted", remedy: "use https")
            }
            return address.text
        } print: {
            $0
        }
    }
}
