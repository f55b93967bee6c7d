import Postgres

/// Something of the schema that belongs to another than nearly all of it.
package struct StrayOwner: Sendable, Hashable {
    /// Such as `TABLE kushim_jira.ready`.
    package let object: String
    package let owner: String
    /// Who has the rest, and should have it.
    package let expected: String
    /// The statement that gives it to `expected`.
    package let remedy: String
}

/// What belongs to another than the owner of most of the schema, where that leaves the schema's own functions without the right to
/// use it: they act as their owner. A superuser has every right.
struct FindStrayOwners: Statement {
    static let sql = """
        WITH objects AS (
            SELECT 'SCHEMA kushim_jira' AS object, nspowner AS owner, true AS is_used FROM pg_namespace WHERE nspname = 'kushim_jira'
            UNION ALL
            SELECT format('%s kushim_jira.%I', CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.relname),
                   c.relowner, true
            FROM pg_class c
            WHERE c.relnamespace = to_regnamespace('kushim_jira') AND c.relkind IN ('r', 'p', 'v', 'S')
              -- The sequence of an identity column goes with its table.
              AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'i'
                              AND c.relkind = 'S')
            UNION ALL
            SELECT format('FUNCTION kushim_jira.%I(%s)', p.proname, pg_get_function_identity_arguments(p.oid)), p.proowner, false
            FROM pg_proc p WHERE p.pronamespace = to_regnamespace('kushim_jira')
        ), most AS (
            SELECT owner FROM objects GROUP BY owner ORDER BY count(*) DESC, owner LIMIT 1
        )
        SELECT o.object, pg_get_userbyid(o.owner)::text, pg_get_userbyid(m.owner)::text,
               format('ALTER %s OWNER TO %I', o.object, pg_get_userbyid(m.owner))
        FROM objects o CROSS JOIN most m
        WHERE o.owner <> m.owner
          AND NOT CASE WHEN o.is_used THEN pg_has_role(m.owner, o.owner, 'USAGE') ELSE pg_has_role(o.owner, m.owner, 'USAGE') END
        ORDER BY 1
        """
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> StrayOwner {
        StrayOwner(
            object: try columns.next(), owner: try columns.next(), expected: try columns.next(),
            remedy: try columns.next())
    }
}
