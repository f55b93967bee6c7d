import Foundation
import Migrations
package import Postgres

/// A PostgreSQL server of its own, for tests that stop it or need a password: a socket in a temporary directory and nothing else.
package final class PrivatePostgres: Sendable {
    package let directory: String
    private let options: String
    /// Of the server, beside that of the tests.
    private let environment: [String]

    package var configuration: PostgresConfiguration {
        PostgresConfiguration(conninfo: "host=\(directory) user=kushim dbname=postgres", applicationName: "tests")
    }

    /// - Parameters:
    ///   - settings: `name=value`; without others it is fast rather than durable.
    ///   - environment: of the server alone.
    ///   - directory: where to make it, for a script that cleans up after a program that was killed.
    package static func with<Result: Sendable>(
        settings: [String] = [], environment: [String: String] = [:], in directory: String? = nil,
        _ body: @Sendable (PrivatePostgres) async throws -> Result
    ) async throws -> Result {
        let server = PrivatePostgres(settings: settings, environment: environment, in: directory)
        try await server.makeDirectory()
        try await run(
            "\(programs)/initdb", ["-D", "\(server.directory)/data", "-U", "kushim", "-A", "trust", "--no-sync"])
        return try await server.during(body)
    }

    /// A second server that follows this one, until it is promoted. From now on each commit waits for it.
    package func withStandby<Result: Sendable>(
        settings: [String] = [], _ body: @Sendable (PrivatePostgres) async throws -> Result
    ) async throws -> Result {
        let standby = PrivatePostgres(
            settings: settings + ["wal_retrieve_retry_interval=200"], environment: [:], in: nil)
        try await standby.makeDirectory()
        try await Self.run(
            "\(Self.programs)/pg_basebackup",
            [
                "-h", directory, "-U", "kushim", "-D", "\(standby.directory)/data", "-R", "-X", "stream", "-c", "fast",
                "--no-sync",
            ])
        return try await standby.during { standby in
            let connection = try await PostgresConnection.connect(self.configuration, logger: .quiet)
            _ = try await connection.text(sql: "ALTER SYSTEM SET synchronous_standby_names = '*'")
            _ = try await connection.text(sql: "SELECT pg_reload_conf()")
            await connection.close()
            return try await body(standby)
        }
    }

    private init(settings: [String], environment: [String: String], in directory: String?) {
        let directory = directory ?? "/tmp/kushim-private-" + UUID().uuidString.prefix(8)
        self.directory = directory
        self.environment = environment.map { "\($0)=\($1)" }
        options =
            "-c listen_addresses= -c fsync=off -c unix_socket_directories=\(directory)"
            + settings.map { " -c \($0)" }.joined()
    }

    private func makeDirectory() async throws {
        try await Self.run("/bin/mkdir", ["-m", "755", directory], asPostgres: false)
        if getuid() == 0 { try await Self.run("/bin/chown", ["postgres", directory], asPostgres: false) }
    }

    private func during<Result: Sendable>(
        _ body: @Sendable (PrivatePostgres) async throws -> Result
    ) async throws -> Result {
        do {
            try await start()
            let result = try await body(self)
            await remove()
            return result
        } catch {
            await remove()
            throw error
        }
    }

    package func migrate(database: String = "postgres") async throws {
        var configuration = configuration
        configuration.conninfo = "host=\(directory) user=kushim dbname=\(database)"
        _ = try await Migrator(configuration, logger: .quiet).migrate()
    }

    package func start() async throws {
        try await Self.run(
            "/usr/bin/env",
            environment + [
                "\(Self.programs)/pg_ctl", "-D", "\(directory)/data", "-l", "\(directory)/data/server.log", "-o",
                options, "-w", "start",
            ])
    }

    /// Of a standby: from now on it takes writes.
    package func promote() async throws {
        try await Self.run("\(Self.programs)/pg_ctl", ["-D", "\(directory)/data", "-w", "promote"])
    }

    /// - Parameter mode: `fast`, or `immediate` for a crash.
    package func stop(_ mode: String) async throws {
        try await Self.run("\(Self.programs)/pg_ctl", ["-D", "\(directory)/data", "-m", mode, "-w", "stop"])
    }

    /// Replaces pg_hba.conf and reloads it.
    package func setAccessRules(_ rules: String) async throws {
        try await Self.run(
            "/bin/sh", ["-c", "printf '%s\\n' \"$1\" >\"$2\"", "sh", rules, "\(directory)/data/pg_hba.conf"])
        try await Self.run("\(Self.programs)/pg_ctl", ["-D", "\(directory)/data", "reload"])
    }

    private func remove() async {
        try? await stop("immediate")
        try? await Self.run("/bin/rm", ["-rf", directory], asPostgres: false)
    }

    /// Where the newest server's programs are.
    package static let programs: String = {
        let root = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        let newest = versions.compactMap(Int.init).max().map(String.init) ?? "15"
        return "\(root)/\(newest)/bin"
    }()

    /// PostgreSQL refuses to run as root. Foundation's Process would wait for the server too, which inherits its descriptors.
    package static func run(_ program: String, _ arguments: [String], asPostgres: Bool = true) async throws {
        let words = asPostgres && getuid() == 0 ? ["/usr/sbin/runuser", "-u", "postgres", "--", program] : [program]
        let status = await withCheckedContinuation { continuation in
            // A queue of its own has a thread of its own; those of the global queue are Swift's own on Linux, and few.
            DispatchQueue(label: "tests.process").async {
                continuation.resume(returning: spawnAndWait(words + arguments))
            }
        }
        guard status == 0 else { throw ConditionNotMet(description: "\(program) ended with status \(status)") }
    }

    private static func spawnAndWait(_ words: [String]) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
        }
        // An inherited socket would outlive the program it belongs to.
        for descriptor in STDERR_FILENO + 1..<1_024 { posix_spawn_file_actions_addclose(&actions, descriptor) }
        let inRoot = ["/bin/sh", "-c", "cd / && exec \"$@\"", "sh"] + words
        let arguments: [UnsafeMutablePointer<CChar>?] = inRoot.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var process = pid_t()
        guard posix_spawn(&process, inRoot[0], &actions, nil, arguments, environ) == 0 else { return -1 }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return status
    }
}
