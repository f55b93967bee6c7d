/// What went wrong between us and PostgreSQL. Its description never holds a parameter's value or a password.
package struct PostgresError: Error, Sendable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// Unknown host, refused, timed out, no such database.
        case cannotConnect
        /// Wrong user or password, or the server's access rules refuse us.
        case refusedCredentials
        /// The connection ended; what it was asked to do may have been done.
        case connectionLost
        /// The server answered with an error; see `sqlState`.
        case server
        /// A value came in a type or shape that the statement did not expect.
        case decoding
        /// The task that waited was cancelled.
        case cancelled
        /// No answer, or no free connection, in time.
        case timedOut
        case poolClosed
    }

    package var kind: Kind
    package var sqlState: SQLState?
    package var message: String
    /// May hold values of the row, so it is not part of the description where a constraint was violated.
    package var detail: String?
    package var hint: String?
    package var constraint: String?
    package var table: String?
    package var column: String?
    /// The statement's type.
    package var statement: String?
    /// The statement had been prepared before and the server does not know it any more, or not like that.
    var isStalePreparation = false

    package init(_ kind: Kind, _ message: String, sqlState: SQLState? = nil, hint: String? = nil) {
        self.kind = kind
        self.message = message
        self.sqlState = sqlState
        self.hint = hint
    }

    /// Whether the same work may succeed on a fresh connection or a moment later.
    package var isRetryable: Bool {
        switch kind {
        case .cannotConnect, .connectionLost, .timedOut: true
        case .server:
            switch sqlState?.errorClass {
            // Rolled back for concurrency, out of resources, operator intervention, connection.
            case "40", "53", "57", "08": sqlState != .queryCanceled
            default: sqlState == .lockNotAvailable || sqlState == .readOnlyTransaction
            }
        case .refusedCredentials, .decoding, .cancelled, .poolClosed: false
        }
    }

    /// Whether another session held a lock for longer than the statement may wait: on a row, or on a whole table.
    package var isLockTimeout: Bool { sqlState == .lockNotAvailable }

    /// Whether the server is away or takes no work at the moment, whatever it is asked: no fault of the statement's.
    package var isOutage: Bool {
        switch (kind, sqlState) {
        case (.cannotConnect, _), (.connectionLost, _), (.timedOut, nil): true
        case (.server, .readOnlyTransaction?), (.server, .diskFull?), (.server, .tooManyConnections?): true
        case (.server, let state?): state.errorClass == "08" || state.rawValue.hasPrefix("57P")
        default: false
        }
    }

    /// One line. The statement's type is ours to know, but for what only a mistake of ours can bring about. Details of refused data (classes 22 and 23) quote values and stay out of it.
    package var description: String {
        var text = kind == .decoding ? statement.map { "\($0): \(message)" } ?? message : message
        let mayHoldValues = sqlState?.errorClass == "23" || sqlState?.errorClass == "22"
        if let detail, !mayHoldValues { text += " (\(detail))" }
        if let hint { text += "; \(hint)" }
        if let sqlState { text += " [\(sqlState)]" }
        return text.onOneLine
    }

    func naming(_ statement: String) -> PostgresError {
        var named = self
        named.statement = named.statement ?? statement
        return named
    }
}
