import Foundation
package import Postgres

/// A PgBouncer of its own in front of a test's database, pooling by transaction over few sessions.
package enum PrivatePgBouncer {
    private static let program = "/usr/sbin/pgbouncer"

    package static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: program) }

    package static func with<Result: Sendable>(
        _ database: TestDatabase, sessions: Int = 3, _ body: @Sendable (PostgresConfiguration) async throws -> Result
    ) async throws -> Result {
        let directory = "/tmp/kushim-bouncer-" + UUID().uuidString.prefix(8)
        let server =
            try await database.value("SELECT split_part(current_setting('unix_socket_directories'), ',', 1)") ?? ""
        let configuration = """
            [databases]
            * = host=\(server)
            [pgbouncer]
            listen_addr =
            listen_port = 6432
            unix_socket_dir = \(directory)
            auth_type = trust
            auth_file = \(directory)/users
            pool_mode = transaction
            default_pool_size = \(sessions)
            logfile = \(directory)/log
            pidfile = \(directory)/pid
            """
        try await PrivatePostgres.run("/bin/mkdir", ["-m", "755", directory], asPostgres: false)
        try Data(configuration.utf8).write(to: URL(fileURLWithPath: "\(directory)/ini"))
        try Data("\"kushim\" \"\"\n".utf8).write(to: URL(fileURLWithPath: "\(directory)/users"))
        if getuid() == 0 {
            try await PrivatePostgres.run("/bin/chown", ["-R", "postgres", directory], asPostgres: false)
        }
        try await PrivatePostgres.run(program, ["-q", "-d", "\(directory)/ini"])
        // It inherits this process's signal mask, and may not hear anything milder.
        func stop() async {
            try? await PrivatePostgres.run("/bin/sh", ["-c", "kill -9 $(cat \(directory)/pid)"])
            try? FileManager.default.removeItem(atPath: directory)
        }
        do {
            var pooled = database.configuration
            pooled.conninfo = "host=\(directory) port=6432 user=kushim dbname=\(database.name)"
            // Its socket is there before anybody listens on it.
            try await eventually("PgBouncer listens") {
                guard let connection = try? await PostgresConnection.connect(pooled, logger: .quiet) else {
                    return false
                }
                await connection.close()
                return true
            }
            let result = try await body(pooled)
            await stop()
            return result
        } catch {
            await stop()
            throw error
        }
    }
}
