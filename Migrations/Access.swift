import Postgres

/// Who may do what with the schema: grants and policies as the migrations leave them, a statement a line, in `access.sql`. A test
/// holds that file against the catalog of a migrated database.
///
/// They name roles, which belong to the cluster: a restore into another one, where the roles are not, loses every line.
enum Access {
    static let expected = String(decoding: PackageResources.access_sql, as: UTF8.self)
        .split(separator: "\n").map(String.init)

    /// As in the migration that first makes them.
    static let createRoles = """
        DO $$
        DECLARE
            role text;
        BEGIN
            FOREACH role IN ARRAY ARRAY['kushim_jira_producer', 'kushim_jira_worker', 'kushim_jira_auditor'] LOOP
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
                    BEGIN
                        EXECUTE format('CREATE ROLE %I NOLOGIN', role);
                    EXCEPTION WHEN duplicate_object OR unique_violation THEN
                        NULL;  -- for another database, at this moment
                    END;
                END IF;
            END LOOP;
        END
        $$
        """

    /// The lines that the database lacks.
    static func missing(from actual: [String]) -> [String] {
        let known = Set(actual.map(identity))
        return expected.filter { !known.contains(identity($0)) }
    }

    /// What restores a line. A policy of that name may be there for other roles.
    static func remedy(for line: String) -> String {
        guard let policy = line.firstRange(of: "CREATE POLICY "), let end = line.firstRange(of: " AS ") else {
            return line
        }
        return "DROP POLICY IF EXISTS \(line[policy.upperBound..<end.lowerBound]); \(line)"
    }

    /// Without the conditions of a policy, which each version of PostgreSQL prints in its own way.
    private static func identity(_ line: String) -> Substring {
        guard line.hasPrefix("CREATE POLICY ") else { return line[...] }
        let ends = [" USING (", " WITH CHECK ("].compactMap { line.firstRange(of: $0)?.lowerBound }
        return line[..<(ends.min() ?? line.endIndex)]
    }
}

/// Grants and policies of the schema as statements, for the three roles; every login can read the catalog.
struct ReadAccess: Statement {
    static let sql = """
        WITH ours AS (
            SELECT oid, rolname FROM pg_roles
            WHERE rolname IN ('kushim_jira_producer', 'kushim_jira_worker', 'kushim_jira_auditor')
        ), relations AS (
            SELECT c.oid, c.relname, c.relkind, c.relacl, c.relrowsecurity FROM pg_class c
            WHERE c.relnamespace = to_regnamespace('kushim_jira') AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND NOT c.relispartition
        ), functions AS (
            SELECT format('kushim_jira.%I(%s)', p.proname, pg_get_function_identity_arguments(p.oid)) AS name, p.proacl
            FROM pg_proc p WHERE p.pronamespace = to_regnamespace('kushim_jira')
        ), access AS (
            SELECT 1 AS place, format('GRANT %s ON SCHEMA kushim_jira TO %I', a.privilege_type, o.rolname) AS line
            FROM pg_namespace n CROSS JOIN aclexplode(n.nspacl) a JOIN ours o ON o.oid = a.grantee WHERE n.nspname = 'kushim_jira'
            UNION ALL
            SELECT 2, format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f.name) FROM functions f
            WHERE f.proacl IS NOT NULL AND NOT EXISTS (SELECT FROM aclexplode(f.proacl) a WHERE a.grantee = 0)
            UNION ALL
            SELECT 3, format('GRANT EXECUTE ON FUNCTION %s TO %I', f.name, o.rolname)
            FROM functions f CROSS JOIN aclexplode(f.proacl) a JOIN ours o ON o.oid = a.grantee
            UNION ALL
            SELECT 4, format('GRANT %s ON %s kushim_jira.%I TO %I', a.privilege_type,
                             CASE r.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, r.relname, o.rolname)
            FROM relations r CROSS JOIN aclexplode(r.relacl) a JOIN ours o ON o.oid = a.grantee
            UNION ALL
            SELECT 5, format('GRANT %s (%I) ON TABLE kushim_jira.%I TO %I', a.privilege_type, c.attname, r.relname, o.rolname)
            FROM relations r JOIN pg_attribute c ON c.attrelid = r.oid AND NOT c.attisdropped
            CROSS JOIN aclexplode(c.attacl) a JOIN ours o ON o.oid = a.grantee
            UNION ALL
            SELECT 6, format('ALTER TABLE kushim_jira.%I ENABLE ROW LEVEL SECURITY', r.relname) FROM relations r WHERE r.relrowsecurity
            UNION ALL
            SELECT 7, format('CREATE POLICY %I ON kushim_jira.%I AS %s FOR %s TO %s', p.policyname, p.tablename, p.permissive, p.cmd,
                             (SELECT string_agg(CASE role WHEN 'public' THEN 'PUBLIC' ELSE quote_ident(role) END, ', ' ORDER BY role)
                              FROM unnest(p.roles) AS role))
                      || coalesce(' USING (' || p.qual || ')', '') || coalesce(' WITH CHECK (' || p.with_check || ')', '')
            FROM pg_policies p WHERE p.schemaname = 'kushim_jira'
        )
        SELECT line FROM access ORDER BY place, line COLLATE "C"
        """
    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> String { try columns.next() }
}
