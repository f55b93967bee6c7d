package import FoundationEssentials
import Postgres

/// A migration that the database says it has.
package struct AppliedMigration: Sendable, Hashable {
    package let version: Int
    package let name: String
    package let checksum: String
    package let appliedAt: Date
}

struct HistoryExists: Statement {
    static let sql = """
        SELECT to_regclass('kushim_jira.migrations') IS NOT NULL
        """
    var parameters: [any PostgresEncodable] { [] }
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Bool { try columns.next() }
}

struct ReadHistory: Statement {
    static let sql = """
        SELECT version, name, checksum, applied_at FROM kushim_jira.migrations ORDER BY version
        """
    var parameters: [any PostgresEncodable] { [] }
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> AppliedMigration {
        AppliedMigration(
            version: Int(try columns.next(as: Int32.self)), name: try columns.next(), checksum: try columns.next(),
            appliedAt: try columns.next())
    }
}

/// One migration at a time in this database, while all may read what was applied. No stranger has the right to take this lock. It
/// ends with its transaction, so it also works behind a pooler that hands out connections by the transaction.
struct LockHistory: Statement {
    static let sql = """
        LOCK TABLE kushim_jira.migrations IN SHARE ROW EXCLUSIVE MODE
        """
    var parameters: [any PostgresEncodable] { [] }
}

struct RecordMigration: Statement {
    static let sql = """
        INSERT INTO kushim_jira.migrations (version, name, checksum) VALUES ($1, $2, $3)
        """
    let migration: Migration
    var parameters: [any PostgresEncodable] { [Int32(migration.version), migration.name, migration.checksum] }
}

enum History {
    static let create = """
        CREATE SCHEMA IF NOT EXISTS kushim_jira;
        CREATE TABLE kushim_jira.migrations (
            version    integer     PRIMARY KEY,
            name       text        NOT NULL,
            checksum   text        NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            applied_by text        NOT NULL DEFAULT session_user
        );
        """
}
