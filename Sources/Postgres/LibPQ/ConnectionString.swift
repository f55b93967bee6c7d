internal import CLibPQ
import FoundationEssentials

/// A connection string as libpq reads it, and as the person meant it who wrote it: a password with an `@` in it is cut by libpq, and
/// its rest is taken for a host.
/// Source: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING
enum ConnectionString {
    /// The passwords in it, as they stand there and as the server gets them; nil when a message of libpq could quote a piece of one
    /// as if it were something else.
    static func secrets(in conninfo: String) -> [String]? {
        guard let options = options(of: conninfo) else { return isReadable(conninfo) ? [] : nil }
        guard options.allSatisfy({ holdsNoPassword($0.value, of: $0.key) }), isPlainURI(conninfo) else { return nil }
        return secretKeywords.compactMap { options[$0] }.filter { !$0.isEmpty } + written(in: conninfo)
    }

    /// A bare database name is no list of options, but libpq takes it.
    static func isReadable(_ conninfo: String) -> Bool {
        options(of: conninfo) != nil
            || !conninfo.isEmpty && !conninfo.contains { "=:/@?".contains($0) || $0.isWhitespace }
    }

    /// Whether it says which of several servers to take; libpq would read its own variable too.
    static func choosesServer(_ conninfo: String) -> Bool {
        options(of: conninfo)?["target_session_attrs"] != nil
            || ProcessInfo.processInfo.environment["PGTARGETSESSIONATTRS"] != nil
    }

    /// Everything in it that may be a password or a piece of one: too much rather than too little, for those who blot it out.
    static func suspects(in conninfo: String) -> [String] {
        var found = secretKeywords.compactMap { options(of: conninfo)?[$0] } + written(in: conninfo)
        if let region = userInfo(in: conninfo) {
            found.append(String(region.drop { $0 != ":" }.dropFirst()))
            if !isPlainURI(conninfo) {
                found += region.split { ":@/?#&=,".contains($0) }.dropFirst().map(String.init)
            }
        }
        for keyword in conninfo.ranges(of: "password") {
            let rest = conninfo[keyword.upperBound...].drop { $0 == " " }
            guard rest.first == "=" else { continue }
            let value = rest.dropFirst().drop { $0 == " " }
            if value.first == "'" {
                // As it stands there, up to the closing quote, and to where a quote within it ends the reading.
                found.append(String(value.dropFirst().prefix { $0 != "'" }))
                found.append(quoted(value.dropFirst()))
            } else {
                found.append(String(value.prefix { !$0.isWhitespace && $0 != "&" }))
            }
        }
        found += found.compactMap(\.percentDecoded)
        return Array(Set(found.filter { !$0.isEmpty }))
    }

    // MARK: - What libpq reads

    private static let secretKeywords = ["password", "sslpassword"]

    /// Those that are set; nil when libpq cannot read it.
    /// Source: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PQCONNINFOPARSE
    private static func options(of conninfo: String) -> [String: String]? {
        guard let options = unsafe PQconninfoParse(conninfo, nil) else { return nil }
        defer { unsafe PQconninfoFree(options) }
        var values: [String: String] = [:]
        var index = 0
        while let keyword = unsafe options[index].keyword {
            if let value = unsafe options[index].val {
                unsafe values[String(cString: keyword)] = unsafe String(cString: value)
            }
            index += 1
        }
        return values
    }

    /// Whether libpq's messages may quote the value: it does not look as if the rest of a password had ended there.
    private static func holdsNoPassword(_ value: String, of keyword: String) -> Bool {
        switch keyword {
        case "host", "hostaddr": !value.contains("@") && !value.contains("://")
        case "port": value.allSatisfy { $0.isASCII && $0.isNumber || $0 == "," }
        case "user": !value.contains(":")
        case "dbname": !value.contains("@") && !value.contains("://")
        default: true
        }
    }

    // MARK: - What the person meant

    private static func afterScheme(_ conninfo: String) -> Substring? {
        conninfo.firstRange(of: "://").map { conninfo[$0.upperBound...] }
    }

    /// `user:password` of a URI: up to the last `@`, since one in a password should have been written as %40.
    private static func userInfo(in conninfo: String) -> Substring? {
        guard let rest = afterScheme(conninfo), let at = rest.lastIndex(of: "@") else { return nil }
        return rest[..<at]
    }

    /// A URI with one `@` at most, which stands before path and query.
    private static func isPlainURI(_ conninfo: String) -> Bool {
        guard conninfo.hasPrefix("postgresql://") || conninfo.hasPrefix("postgres://") else { return true }
        guard let region = userInfo(in: conninfo) else { return true }
        return !region.contains { "@/?#".contains($0) }
    }

    /// The passwords with their escapes.
    private static func written(in conninfo: String) -> [String] {
        guard let region = userInfo(in: conninfo), let colon = region.firstIndex(of: ":") else { return [] }
        let password = String(region[region.index(after: colon)...])
        return password.isEmpty ? [] : [password]
    }

    /// Up to the closing quote, as it stands there with its escapes.
    private static func quoted(_ text: Substring) -> String {
        var value = ""
        var isEscaped = false
        for character in text {
            if !isEscaped, character == "'" { break }
            isEscaped = !isEscaped && character == "\\"
            value.append(character)
        }
        return value
    }
}

extension PostgresConfiguration {
    /// Everything in a connection string that may be a password or a piece of one, for those who keep it out of logs.
    package static func suspects(in conninfo: String) -> [String] {
        ConnectionString.suspects(in: conninfo)
    }
}

extension String {
    /// nil where there is nothing to decode or it is not UTF-8.
    fileprivate var percentDecoded: String? {
        guard utf8.contains(UInt8(ascii: "%")) else { return nil }
        var bytes: [UInt8] = []
        var rest = utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%"),
                let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            else {
                bytes.append(byte)
                continue
            }
            bytes.append(code)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
