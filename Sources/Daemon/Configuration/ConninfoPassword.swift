import HTTP
import Postgres

extension Secret {
    /// The passwords inside a libpq conninfo (URI or keywords), as they stand there and as the server gets them, and what libpq
    /// would take for something else: a message may quote any of it.
    var conninfoPasswords: [Secret] {
        PostgresConfiguration.suspects(in: reveal()).map { Secret($0) }
    }
}

extension String {
    /// The text without what stands where a URL has user and password, for messages that quote what was typed.
    var withoutCredentials: String {
        guard let at = lastIndex(of: "@") else { return self }
        if let scheme = firstRange(of: "://"), scheme.upperBound <= at {
            return self[..<scheme.upperBound] + "•••" + self[at...]
        }
        return self[..<at].contains(":") ? "•••" + self[at...] : self
    }
}
