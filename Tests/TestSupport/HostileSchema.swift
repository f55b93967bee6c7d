package import Postgres

/// A schema `app`, as a producer may own one, in which everything that pg_catalog has stands once more: functions, operators,
/// aggregates and types. Whatever is used of it raises an error that begins with "captured", or does not fit where it stands.
package enum HostileSchema {
    /// What PostgreSQL says where something of ours was resolved by the caller.
    package static let sqlState = SQLState(rawValue: "KJ666")

    package static func build(in database: TestDatabase) async throws {
        _ = try await database.query(mirror)
    }

    /// For a session, which it leaves with the hostile schema first. Types and relations also stand in the temporary schema, which
    /// PostgreSQL reads first of all where a search_path does not name it.
    package static let enter = """
        SET client_min_messages = error;
        SET search_path = pg_catalog, pg_temp;
        DO $do$
        DECLARE
            name text;
        BEGIN
            FOR name IN SELECT typname FROM pg_catalog.pg_type WHERE typnamespace = 'app'::regnamespace AND typtype = 'd' LOOP
                EXECUTE format('CREATE DOMAIN pg_temp.%1$I AS pg_catalog.%1$I CHECK (app.capture())', name);
            END LOOP;
            FOR name IN SELECT DISTINCT relname FROM pg_catalog.pg_class
                        WHERE relnamespace = 'kushim_jira'::regnamespace AND relkind IN ('r', 'v', 'p', 'S') LOOP
                EXECUTE format('CREATE TEMPORARY VIEW %I AS SELECT app.capture() AS captured', name);
            END LOOP;
            FOREACH name IN ARRAY ARRAY['pg_class', 'pg_roles', 'pg_namespace', 'pg_settings', 'pg_inherits', 'pg_sequences'] LOOP
                EXECUTE format('CREATE TEMPORARY VIEW %I AS SELECT app.capture() AS captured', name);
            END LOOP;
        END
        $do$;
        SET search_path = app, pg_catalog
        """

    private static let mirror = """
        CREATE SCHEMA app;
        GRANT USAGE ON SCHEMA app TO PUBLIC;
        CREATE TYPE app.captured AS ENUM ('captured');
        CREATE FUNCTION app.capture() RETURNS boolean LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'captured as %', current_user USING ERRCODE = 'KJ666';
        END
        $$;
        DO $do$
        DECLARE
            o    record;
            body text := 'RETURNS app.captured LANGUAGE plpgsql AS $$ BEGIN
                          RAISE EXCEPTION ''captured as %'', current_user USING ERRCODE = ''KJ666''; END $$';
        BEGIN
            -- No function in PL/pgSQL takes the pseudo-types of C.
            FOR o IN
                SELECT p.proname, oidvectortypes(p.proargtypes) AS types FROM pg_proc p
                WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f'
                  AND NOT EXISTS (SELECT FROM unnest(p.proargtypes) a JOIN pg_type t ON t.oid = a
                                  WHERE t.typtype = 'p' AND (t.typname NOT LIKE 'any%' OR t.typname = 'any'))
                UNION ALL
                SELECT * FROM (VALUES ('concat'), ('format'), ('num_nulls'), ('jsonb_build_object')) n,
                              (VALUES ('text'), ('text, text'), ('text, text, text'), ('smallint, text, text'), ('text, bigint')) a
            LOOP
                EXECUTE format('CREATE OR REPLACE FUNCTION app.%I(%s) %s', o.proname, o.types, body);
            END LOOP;
            -- What takes any number, so that an argument of another type is matched better than by pg_catalog's own.
            FOR o IN SELECT p.proname, replace(oidvectortypes(p.proargtypes), 'bigint', 'integer') AS types FROM pg_proc p
                     WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f' AND 20 = ANY (p.proargtypes)
                       AND NOT EXISTS (SELECT FROM unnest(p.proargtypes) a JOIN pg_type t ON t.oid = a WHERE t.typtype = 'p')
            LOOP
                EXECUTE format('CREATE OR REPLACE FUNCTION app.%I(%s) %s', o.proname, o.types, body);
            END LOOP;
            FOR o IN SELECT oprname, nullif(oprleft, 0)::regtype AS l, oprright::regtype AS r FROM pg_operator
                     WHERE oprnamespace = 'pg_catalog'::regnamespace
            LOOP
                EXECUTE format('CREATE OR REPLACE FUNCTION app.captured_operator(%s) %s', concat_ws(', ', o.l, o.r), body);
                EXECUTE format('CREATE OPERATOR app.%s (FUNCTION = app.captured_operator, %s RIGHTARG = %s)',
                               o.oprname, coalesce('LEFTARG = ' || o.l || ', ', ''), o.r);
            END LOOP;
            FOR o IN SELECT DISTINCT p.proname, oidvectortypes(p.proargtypes) AS types FROM pg_proc p
                     WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'a' AND p.pronargs = 1
                       AND p.proname IN ('max', 'min', 'sum', 'avg', 'bool_or', 'bool_and', 'every')
            LOOP
                EXECUTE format('CREATE OR REPLACE FUNCTION app.captured_aggregate(app.captured, %s) %s', o.types, body);
                EXECUTE format('CREATE AGGREGATE app.%I(%s) (SFUNC = app.captured_aggregate, STYPE = app.captured)',
                               o.proname, o.types);
            END LOOP;
            FOR o IN SELECT typname FROM pg_type
                     WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype IN ('b', 'r', 'm') AND typcategory <> 'A'
                       AND typname <> 'unknown' AND typname !~ '^pg_'
            LOOP
                EXECUTE format('CREATE DOMAIN app.%1$I AS pg_catalog.%1$I CHECK (app.capture())', o.typname);
            END LOOP;
        END
        $do$
        """
}
