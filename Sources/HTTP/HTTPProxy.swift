/// An HTTP proxy on the way to servers that speak TLS. It is asked for a tunnel (CONNECT, RFC 9110, section 9.3.6) and sees names
/// and sizes; requests and their credentials pass it inside TLS. What is plain HTTP never goes through it.
package struct HTTPProxy: Sendable {
    /// `http://host:port` or `https://host:port`.
    let url: String
    let user: Secret?
    let password: Secret?
    /// As libcurl takes it: names, which stand for what is below them too, and addresses, also as networks.
    let exceptions: String

    package struct Unusable: Error, Sendable, Equatable, CustomStringConvertible {
        /// Continues a sentence that begins with the setting. It never quotes the address, which may hold a password.
        package var problem: String
        package var description: String { "the proxy \(problem)" }
    }

    /// - Parameters:
    ///   - address: as in `HTTPS_PROXY`: `http://user:password@proxy.acme.com:3128`; without scheme it is `http`.
    ///   - exceptions: as in `NO_PROXY`, separated by commas or spaces. This machine is always one.
    package init(_ address: String, exceptions: String?) throws(Unusable) {
        var rest = address[...]
        var scheme = "http"
        if let separator = address.firstRange(of: "://") {
            scheme = address[..<separator.lowerBound].lowercased()
            rest = address[separator.upperBound...]
        }
        guard scheme == "http" || scheme == "https" else {
            throw Unusable(problem: "is not an http or https proxy")
        }
        rest = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        if let at = rest.lastIndex(of: "@") {
            let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            user = Secret(PercentEncoding.decoded(parts[0]))
            password = Secret(parts.count > 1 ? PercentEncoding.decoded(parts[1]) : "")
            rest = rest[rest.index(after: at)...]
        } else {
            user = nil
            password = nil
        }
        let end = rest.last == "]" ? rest.endIndex : rest.lastIndex(of: ":") ?? rest.endIndex
        let host = rest[..<end]
        let port = rest[end...].dropFirst()
        let isName = host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"@\\<>\"".utf8.contains($0) }
        guard !host.isEmpty, isName else { throw Unusable(problem: "names no host") }
        guard port.isEmpty || Int(port).map({ (1...65_535).contains($0) }) ?? false else {
            throw Unusable(problem: "has a port that is none")
        }
        url = "\(scheme)://\(host):\(port.isEmpty ? scheme == "https" ? "443" : "80" : String(port))"
        self.exceptions = Self.exceptions(exceptions ?? "")
    }

    private static func exceptions(_ text: String) -> String {
        let entries = text.split { $0 == "," || $0.isWhitespace }.map { entry in
            var entry = entry
            // `*.acme.com` and `.acme.com` mean what libcurl calls `acme.com`; it knows no ports.
            if entry.hasPrefix("*.") { entry = entry.dropFirst(1) }
            while entry.count > 1, entry.first == "." { entry = entry.dropFirst() }
            let colons = entry.filter { $0 == ":" }.count
            return String(colons == 1 ? entry.prefix { $0 != ":" } : entry)
        }
        if entries.contains("*") { return "*" }
        return (["localhost", "127.0.0.0/8", "::1"] + entries).joined(separator: ",")
    }
}
