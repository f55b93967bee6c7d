import Postgres

/// The triggers of the schema that are disabled, each as the statement that enables it; every login can read the catalog.
struct FindSleepingTriggers: Statement {
    static let sql = """
        SELECT format('ALTER TABLE kushim_jira.%I ENABLE %sTRIGGER %I', c.relname,
                      CASE t.tgname WHEN 'audit_log_is_append_only' THEN 'ALWAYS ' ELSE '' END, t.tgname)
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE c.relnamespace = to_regnamespace('kushim_jira') AND NOT t.tgisinternal AND t.tgenabled IN ('D', 'R')
        ORDER BY NOT c.relkind = 'p', 1
        """
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> String { try columns.next() }
}
