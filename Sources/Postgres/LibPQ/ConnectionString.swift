internal import CLibPQ

/// A connection string as libpq reads it.
enum ConnectionString {
    /// The passwords in it; nil when libpq cannot read it.
    /// Source: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PQCONNINFOPARSE
    static func secrets(in conninfo: String) -> [String]? {
        guard let options = unsafe PQconninfoParse(conninfo, nil) else { return nil }
        defer { unsafe PQconninfoFree(options) }
        var secrets: [String] = []
        var index = 0
        while let keyword = unsafe options[index].keyword {
            let name = unsafe String(cString: keyword)
            if name == "password" || name == "sslpassword", let value = unsafe options[index].val {
                unsafe secrets.append(String(cString: value))
            }
            index += 1
        }
        return secrets
    }

    /// A bare database name is no list of options, but libpq takes it.
    static func isReadable(_ conninfo: String) -> Bool {
        secrets(in: conninfo) != nil
            || !conninfo.isEmpty && !conninfo.contains { "=:/@?".contains($0) || $0.isWhitespace }
    }
}
