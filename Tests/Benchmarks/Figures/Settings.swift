import Foundation

/// What the whole run ran under.
struct Settings: Sendable, Encodable {
    var cores: Int
    var memoryMB: Int
    var kernel: String
    var build: String
    var postgres: String
    /// Those that differ from the server's own defaults, and the ones durability hangs on.
    var postgresSettings: [String: String]
    /// The load of the machine before the run: what others did on it.
    var loadBefore: String

    static func read(_ database: BenchDatabase) async throws -> Settings {
        let rows = try await database.rows(
            """
            SELECT name, current_setting(name) FROM pg_settings
            WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'autovacuum', 'shared_buffers',
                           'max_wal_size', 'max_connections', 'wal_sync_method')
            ORDER BY name
            """)
        var system = utsname()
        uname(&system)
        let release = withUnsafeBytes(of: system.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return Settings(
            cores: ProcessInfo.processInfo.activeProcessorCount,
            memoryMB: Int(ProcessInfo.processInfo.physicalMemory >> 20), kernel: "Linux \(release)", build: buildKind,
            postgres: try await database.text("SHOW server_version"),
            postgresSettings: Dictionary(
                rows.map { ($0[0] ?? "", $0[1] ?? "") }, uniquingKeysWith: { first, _ in first }),
            loadBefore: (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8))?
                .split(separator: " ").prefix(3).joined(separator: " ") ?? "unknown")
    }

    var text: String {
        """
        machine     \(cores) cores, \(memoryMB) MB, \(kernel); load before \(loadBefore)
        build       \(build)
        PostgreSQL  \(postgres), \(postgresSettings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            .joined(separator: " "))
        """
    }

    private static var buildKind: String {
        #if DEBUG
            "debug: not what anybody should measure"
        #else
            "release"
        #endif
    }
}
