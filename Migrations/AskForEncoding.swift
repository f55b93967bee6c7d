package import Postgres

/// In which encoding the database keeps text. Tickets are written in every language, and a database cannot change its encoding.
package struct AskForEncoding: Statement {
    package static let sql =
        "SELECT pg_encoding_to_char(encoding)::text FROM pg_database WHERE datname = current_database()"
    static let needed = "UTF8"

    package static func problem(_ encoding: String) -> String {
        "the database's encoding is \(encoding), and kushim-jira needs \(needed)"
    }

    /// PostgreSQL allows the locale C with every encoding, whatever locale the cluster has.
    package static let remedy =
        "make another database, name it in DATABASE_URL and run `kushim-jira migrate`: "
        + "CREATE DATABASE kushim ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0"

    package var parameters: [any PostgresEncodable] { [] }
    package static func row(_ columns: inout ColumnReader) throws(PostgresError) -> String { try columns.next() }
}
