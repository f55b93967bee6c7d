import TestSupport

/// Settings that a role or a database may carry and that change what SQL means or how long it may take.
enum DatabaseSettings {
    /// Each with values that are not PostgreSQL's own. Not among them: `session_replication_role`, which the daemon's role could
    /// not set back.
    private static let all: [(name: String, values: [String])] = [
        ("default_transaction_isolation", ["serializable", "repeatable read"]),
        ("default_transaction_deferrable", ["on"]), ("statement_timeout", ["100ms"]), ("lock_timeout", ["50ms"]),
        ("idle_in_transaction_session_timeout", ["200ms"]), ("idle_session_timeout", ["1500ms"]),
        ("search_path", ["", "public", "\"$user\", public, pg_catalog"]), ("DateStyle", ["German", "SQL, DMY"]),
        ("TimeZone", ["Asia/Kathmandu", "America/St_Johns"]), ("IntervalStyle", ["iso_8601", "sql_standard"]),
        ("bytea_output", ["escape"]), ("client_encoding", ["LATIN1", "WIN1252"]),
        ("standard_conforming_strings", ["off"]), ("escape_string_warning", ["off"]), ("array_nulls", ["off"]),
        ("transform_null_equals", ["on"]), ("jit_above_cost", ["0"]), ("row_security", ["off"]),
        ("synchronous_commit", ["off"]), ("plan_cache_mode", ["force_custom_plan"]), ("extra_float_digits", ["-10"]),
        ("enable_seqscan", ["off"]), ("enable_indexscan", ["off"]), ("work_mem", ["64kB"]),
        ("client_min_messages", ["error"]), ("xmloption", ["document"]), ("quote_all_identifiers", ["on"]),
    ]

    /// Who has read it and must wait for the day on which it is possible again: a failover in the midst, a careless administrator.
    static let readOnly = "default_transaction_read_only"

    /// Statements that give one of the roles, or the database, a setting.
    static func draw(roles: [String], database: String, _ random: inout SeededRandom) -> String {
        let setting = all[Int.random(in: 0..<all.count, using: &random)]
        let value = setting.values[Int.random(in: 0..<setting.values.count, using: &random)]
        let owner = random.chance(0.3) ? "DATABASE \(database)" : "ROLE \(roles.randomElement(using: &random) ?? "")"
        let quoted = setting.name == "search_path" && !value.isEmpty ? value : "'\(value)'"
        return "ALTER \(owner) SET \(setting.name) = \(quoted)"
    }

    /// So that what looks at the run, and the producers, are as they were.
    static func keeping(_ role: String, in database: String) -> [String] {
        (all.map(\.name) + [readOnly]).map { "ALTER ROLE \(role) IN DATABASE \(database) SET \($0) FROM CURRENT" }
    }
}
