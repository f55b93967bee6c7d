/// A statement is a type: its SQL, its inputs, its row.
package protocol Statement: Sendable {
    associatedtype Row: Sendable = Void

    /// One statement with `$1`, `$2` ...
    static var sql: String { get }

    /// Always bound, never pasted into the SQL.
    var parameters: [any PostgresEncodable] { get }

    /// Reads one row; columns come in the order of the SELECT or RETURNING.
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Row
}

extension Statement where Row == Void {
    package static func row(_ columns: inout ColumnReader) throws(PostgresError) {}
}

extension Statement {
    package var parameters: [any PostgresEncodable] { [] }

    static var statementName: String { String(describing: Self.self) }
}
