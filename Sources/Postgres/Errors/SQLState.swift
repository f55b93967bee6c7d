/// PostgreSQL's five-character error code; unknown ones survive.
/// Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
package struct SQLState: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package var rawValue: String

    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    package var description: String { rawValue }

    /// The first two characters: what kind of error it is.
    package var errorClass: Substring { rawValue.prefix(2) }

    package static let uniqueViolation = SQLState(rawValue: "23505")
    package static let checkViolation = SQLState(rawValue: "23514")
    package static let notNullViolation = SQLState(rawValue: "23502")
    package static let foreignKeyViolation = SQLState(rawValue: "23503")
    package static let restrictViolation = SQLState(rawValue: "23001")
    package static let insufficientPrivilege = SQLState(rawValue: "42501")
    package static let duplicateTable = SQLState(rawValue: "42P07")
    package static let duplicateSchema = SQLState(rawValue: "42P06")
    package static let undefinedTable = SQLState(rawValue: "42P01")
    package static let undefinedColumn = SQLState(rawValue: "42703")
    package static let undefinedFunction = SQLState(rawValue: "42883")
    package static let invalidSchemaName = SQLState(rawValue: "3F000")
    package static let invalidTextRepresentation = SQLState(rawValue: "22P02")
    package static let serializationFailure = SQLState(rawValue: "40001")
    package static let deadlockDetected = SQLState(rawValue: "40P01")
    package static let queryCanceled = SQLState(rawValue: "57014")
    package static let invalidPassword = SQLState(rawValue: "28P01")
    package static let invalidAuthorization = SQLState(rawValue: "28000")
    package static let lockNotAvailable = SQLState(rawValue: "55P03")
    package static let readOnlyTransaction = SQLState(rawValue: "25006")
    package static let outOfMemory = SQLState(rawValue: "53200")
    package static let diskFull = SQLState(rawValue: "53100")
    package static let noTransaction = SQLState(rawValue: "25P01")
    package static let inFailedTransaction = SQLState(rawValue: "25P02")
    package static let invalidDatabaseName = SQLState(rawValue: "3D000")
    package static let tooManyConnections = SQLState(rawValue: "53300")
    package static let adminShutdown = SQLState(rawValue: "57P01")
    package static let cannotConnectNow = SQLState(rawValue: "57P03")
    package static let unknownPreparedStatement = SQLState(rawValue: "26000")
    package static let featureNotSupported = SQLState(rawValue: "0A000")
}
