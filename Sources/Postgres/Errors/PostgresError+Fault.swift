extension PostgresError {
    /// Classes of SQLSTATE that tell of the server, the schema, the login's rights or what others were doing at that moment.
    /// Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
    private static let classesOfTheDatabase: Set<Substring> = [
        "08", "0A", "25", "28", "3D", "3F", "40", "42", "53", "55", "57", "58", "F0", "XX",
    ]

    /// Whether the database is at fault, and not the data that it was given: other work of the same kind would fail as well.
    ///
    /// The data may be at fault in classes 22 and 23, and in 21, 54 and P0. The exception is 23502, for this program has a value for
    /// each column that its own schema demands: a column was added by hand.
    package var isDatabasesFault: Bool {
        if isOutage { return true }
        return switch kind {
        case .cannotConnect, .connectionLost, .refusedCredentials, .timedOut, .poolClosed: true
        case .server:
            sqlState == .notNullViolation || sqlState.map { Self.classesOfTheDatabase.contains($0.errorClass) } == true
        case .decoding, .cancelled: false
        }
    }
}
