/// What a role or a database can carry into every session (ALTER ROLE ... SET), each with values that it has nowhere by default.
package enum CarriedSettings {
    /// What the operator rightly decides. A read-only database is told of, not overruled.
    private static let left: Set<String> = [
        "default_transaction_read_only", "transaction_read_only", "transaction_isolation", "transaction_deferrable",
        "local_preload_libraries", "default_table_access_method",
    ]
    private static let texts: [String: [String]] = [
        "search_path": ["app, pg_catalog", "", "public, app, pg_temp"],
        "DateStyle": ["SQL, DMY", "German", "Postgres, YMD"],
        "TimeZone": ["Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati"], "timezone_abbreviations": ["India"],
        "client_encoding": ["LATIN1", "SQL_ASCII"],
        "lc_monetary": ["POSIX"], "lc_numeric": ["POSIX"], "lc_time": ["POSIX"], "temp_tablespaces": [""],
        "default_text_search_config": ["pg_catalog.german"],
        "restrict_nonsystem_relation_kind": ["view, foreign-table"],
    ]
    /// So many rounds see every value at least once.
    package static let rounds = 0..<4

    /// Read from the server, so that a newer one's settings come along.
    package static func all(in database: TestDatabase) async throws -> [(name: String, values: [String])] {
        let rows = try await database.query(
            """
            SELECT name, CASE WHEN vartype = 'bool' THEN CASE boot_val WHEN 'on' THEN 'off' ELSE 'on' END
                              WHEN vartype = 'enum' THEN array_to_string(array_remove(enumvals, boot_val), '|')
                              WHEN name LIKE '%timeout' THEN '1500'
                              WHEN vartype = 'string' THEN NULL
                              ELSE concat_ws('|', nullif(min_val, boot_val), nullif(max_val, boot_val)) END
            FROM pg_settings
            WHERE context = 'user' AND (category ~ '^(Client Connection Defaults|Version and Platform|Error Handling)'
                                        OR category IN ('Query Tuning / Planner Method Configuration', 'Query Tuning / Other Planner Options'))
            ORDER BY name
            """
        )
        var settings: [(name: String, values: [String])] = [
            (name: "synchronous_commit", values: ["off"]), (name: "plpgsql.extra_errors", values: ["all"]),
        ]
        for row in rows {
            guard let name = row[0], !left.contains(name) else { continue }
            let values = row[1].map { $0.split(separator: "|").map(String.init) } ?? texts[name] ?? []
            settings.append((name: name, values: values))
        }
        return settings
    }

    /// Has the role and the database carry one of the values of each.
    package static func give(_ round: Int, to login: String?, in database: TestDatabase) async throws {
        var commands: [String] = []
        for (name, values) in try await all(in: database) where !values.isEmpty {
            // A list is written with commas outside of quotes.
            let value = values[round % values.count]
            let written = value.isEmpty ? "''" : name == "search_path" ? value : "'\(value)'"
            commands.append("ALTER DATABASE \(database.name) SET \(name) = \(written)")
            if let login { commands.append("ALTER ROLE \(login) SET \(name) = \(written)") }
        }
        _ = try await database.query(commands.joined(separator: "; "))
    }
}
