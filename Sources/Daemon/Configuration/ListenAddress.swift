/// Where the daemon's own HTTP server listens: `127.0.0.1:9464`, `[::1]:9464`, `:9464` (all IPv4 addresses), or `off`.
enum ListenAddress: Sendable, Hashable, CustomStringConvertible {
    case off
    case address(host: String, port: Int)

    var description: String {
        switch self {
        case .off: "off"
        case .address("0.0.0.0", let port): ":\(port)"
        case .address(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }

    init(reading text: String) throws(UnfitValue) {
        if ["off", "false", "no", "none"].contains(text.lowercased()) {
            self = .off
            return
        }
        let remedy = "write HOST:PORT, such as 127.0.0.1:9464 or [::1]:9464, or off"
        guard let colon = text.lastIndex(of: ":") else {
            throw UnfitValue(message: "\(text.quoted) has no port", remedy: remedy)
        }
        let portText = text[text.index(after: colon)...]
        // Port 0 lets the system choose one, which the log then names.
        guard let port = Int(portText), (0...65_535).contains(port) else {
            throw UnfitValue(message: "\(String(portText).quoted) is not a port", remedy: remedy)
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw UnfitValue(message: "\(text.quoted) has an IPv6 address without brackets", remedy: remedy)
        }
        guard !host.contains(where: { $0.isWhitespace || $0 == "/" }) else {
            throw UnfitValue(message: "\(text.quoted) is not an address", remedy: remedy)
        }
        self = .address(host: host.isEmpty || host == "*" ? "0.0.0.0" : String(host), port: port)
    }
}

extension SettingFormat where Value == ListenAddress {
    static var listenAddress: SettingFormat {
        SettingFormat { (text) throws(UnfitValue) in
            try ListenAddress(reading: text)
        } print: {
            $0.description
        }
    }
}
