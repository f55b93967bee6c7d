/// What our SQL means must not depend on what a role, a database or a server's file sets for its sessions.
///
/// Left alone is what the operator rightly decides: memory, tablespaces, logs, and how durable a commit is. Whether a session may
/// write is the connection's to see to.
package enum SessionSettings {
    /// Names that we write are PostgreSQL's own, unless they say otherwise.
    private static let pinned: [(name: String, value: String)] = [
        ("search_path", "pg_catalog, pg_temp"),
        ("standard_conforming_strings", "on"), ("backslash_quote", "safe_encoding"), ("array_nulls", "on"),
        ("transform_null_equals", "off"), ("quote_all_identifiers", "off"), ("row_security", "on"),
        ("DateStyle", "ISO, MDY"), ("IntervalStyle", "postgres"), ("TimeZone", "UTC"),
        ("timezone_abbreviations", "Default"),
        ("bytea_output", "hex"), ("extra_float_digits", "1"), ("xmloption", "content"),
        ("lock_timeout", "0"), ("default_transaction_isolation", "read committed"),
        ("default_transaction_deferrable", "off"),
        ("jit", "off"), ("enable_indexscan", "on"), ("enable_indexonlyscan", "on"), ("enable_nestloop", "on"),
        ("enable_sort", "on"), ("exit_on_error", "off"), ("plpgsql.extra_errors", "none"),
        ("plpgsql.print_strict_params", "off"),
    ]
    /// Of newer servers, or of some of their patches.
    private static let pinnedWhereKnown: [(name: String, value: String)] = [
        ("idle_session_timeout", "0"), ("transaction_timeout", "0"), ("restrict_nonsystem_relation_kind", ""),
    ]

    /// For a session of our own.
    static let pin = sql(isLocal: false)
    /// For a transaction in a session that others use, too.
    package static let pinForTransaction = sql(isLocal: true)

    /// The first of these statements is read before anything is pinned, so each name in it has its schema.
    private static func sql(isLocal: Bool) -> String {
        let always = pinned.map { "pg_catalog.set_config('\($0.name)', '\($0.value)', \(isLocal))" }
        let whereKnown = pinnedWhereKnown.map {
            "CASE WHEN pg_catalog.current_setting('\($0.name)', true) IS NOT NULL "
                + "THEN pg_catalog.set_config('\($0.name)', '\($0.value)', \(isLocal)) END"
        }
        return "SELECT " + (always + whereKnown + [wakeTriggers(isLocal)]).joined(separator: ", ")
    }

    /// As a replica a session fires no trigger, and what it inserts is admitted to no queue. Only a superuser may leave that state.
    private static func wakeTriggers(_ isLocal: Bool) -> String {
        "CASE WHEN pg_catalog.current_setting('session_replication_role') OPERATOR(pg_catalog.<>) 'origin' "
            + "THEN pg_catalog.set_config('session_replication_role', 'origin', \(isLocal)) END"
    }
}
