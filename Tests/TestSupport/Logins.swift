import Foundation
import Migrations
package import Postgres

extension TestDatabase {
    /// A login of its own with the given roles, for the time of the body.
    ///
    /// - Parameters:
    ///   - options: as CREATE ROLE takes them, such as NOINHERIT or CREATEROLE.
    ///   - ownsDatabase: so that it can migrate it.
    package func withLogin<Result: Sendable>(
        _ roles: [String], options: String = "", ownsDatabase: Bool = false,
        _ body: @Sendable (_ login: String, PostgresConfiguration) async throws -> Result
    ) async throws -> Result {
        let login = "login_" + UUID().uuidString.replacing("-", with: "").lowercased()
        try await Self.administer("CREATE ROLE \(login) LOGIN \(options)")
        for role in roles { try await Self.administer("GRANT \(role) TO \(login)") }
        if ownsDatabase { try await Self.administer("ALTER DATABASE \(name) OWNER TO \(login)") }
        var configuration = configuration
        configuration.conninfo += " user=\(login)"
        do {
            let result = try await body(login, configuration)
            try await drop(login)
            return result
        } catch {
            try? await drop(login)
            throw error
        }
    }

    private func drop(_ login: String) async throws {
        _ = try await query("REASSIGN OWNED BY \(login) TO CURRENT_USER; DROP OWNED BY \(login)")
        try await Self.administer("DROP ROLE \(login)")
    }

    /// - Returns: how many migrations that was.
    package func migrate(by configuration: PostgresConfiguration) async throws -> Int {
        try await Migrator(configuration, logger: .quiet).migrate().count
    }

    /// The same database as a login reaches it, or through a pooler.
    package func reached<Result: Sendable>(
        by configuration: PostgresConfiguration, _ body: @Sendable (TestDatabase) async throws -> Result
    ) async throws -> Result {
        let pool = PostgresPool(configuration, size: 12, acquisitionLimit: .seconds(20), logger: .quiet)
        do {
            let result = try await body(TestDatabase(name: name, configuration: configuration, pool: pool))
            await pool.close()
            return result
        } catch {
            await pool.close()
            throw error
        }
    }

    /// One session of a login, for the time of the body.
    package func withSession<Result: Sendable>(
        _ configuration: PostgresConfiguration? = nil, _ body: @Sendable (PostgresConnection) async throws -> Result
    ) async throws -> Result {
        let connection = try await PostgresConnection.connect(configuration ?? self.configuration, logger: .quiet)
        do {
            let result = try await body(connection)
            await connection.close()
            return result
        } catch {
            await connection.close()
            throw error
        }
    }
}
