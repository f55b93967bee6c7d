import Postgres
import TestSupport

/// A database of its own for one round.
struct BenchDatabase: Sendable {
    let name: String
    let configuration: PostgresConfiguration
    private let pool: PostgresPool

    var conninfo: String { configuration.conninfo }

    /// - Parameters:
    ///   - template: what to copy.
    ///   - user: who connects by `conninfo`.
    static func with<Result: Sendable>(
        _ name: String, template: String, on server: PrivatePostgres,
        _ body: (BenchDatabase) async throws -> Result
    ) async throws -> Result {
        let owner = BenchDatabase("postgres", on: server)
        do {
            try await owner.run("DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
            try await owner.run("CREATE DATABASE \(name) TEMPLATE \(template)")
            let database = BenchDatabase(name, on: server)
            do {
                let result = try await body(database)
                await database.close()
                try await owner.run("DROP DATABASE \(name) WITH (FORCE)")
                await owner.close()
                return result
            } catch {
                await database.close()
                throw error
            }
        } catch {
            await owner.close()
            throw error
        }
    }

    init(_ name: String, on server: PrivatePostgres) {
        self.name = name
        var configuration = PostgresConfiguration(
            conninfo: "host=\(server.directory) user=kushim dbname=\(name)", applicationName: "bench")
        // Filling a table may take its time.
        configuration.statementTimeout = nil
        self.configuration = configuration
        pool = PostgresPool(configuration, size: 4, logger: .quiet)
    }

    func close() async { await pool.close() }

    func run(_ sql: String) async throws { _ = try await rows(sql) }

    func rows(_ sql: String) async throws -> [[String?]] {
        try await pool.withConnection { try await $0.text(sql: sql) }
    }

    /// The first column of the first row.
    func text(_ sql: String) async throws -> String { try await rows(sql).first?.first.flatMap { $0 } ?? "" }

    func number(_ sql: String) async throws -> Double { Double(try await text(sql)) ?? 0 }

    func execute<S: Statement>(_ statement: S) async throws { _ = try await pool.execute(statement) }

    /// A session of the caller's own, to be closed.
    func openSession() async throws -> PostgresConnection {
        try await PostgresConnection.connect(configuration, logger: .quiet)
    }

    func withConnection<Result: Sendable>(
        _ body: @Sendable (PostgresConnection) async throws -> Result
    ) async throws -> Result {
        try await pool.withConnection(body)
    }

    /// What a server that has been up for a while has done already, so that no round pays for what the one before left behind.
    func settle() async throws {
        try await run("ANALYZE")
        try await run("CHECKPOINT")
    }
}
