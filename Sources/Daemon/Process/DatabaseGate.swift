import Logging
import Migrations
import Postgres

/// The database as the daemon must find it: there, open to it, and with the schema of this release.
struct DatabaseGate: Sendable {
    let postgres: PostgresConfiguration
    let logger: Logger
    private static let pause = Duration.seconds(1)

    /// Tries for a while, since a database and its clients are often started together.
    ///
    /// - Throws: `CommandFailure` with 69 after `limit`; at once with 77 or 78 where waiting changes nothing.
    func pass(within limit: Duration = .seconds(30)) async throws {
        let deadline = ContinuousClock.now + limit
        var hasWarned = false
        while true {
            let failure: CommandFailure
            do {
                guard let mismatch = try await obstacle() else { return }
                throw mismatch
            } catch let error as PostgresError {
                failure = CommandFailure(error)
                guard error.isRetryable, ContinuousClock.now < deadline else { throw failure }
            } catch let error as MigrationError {
                throw CommandFailure(error)
            }
            if !hasWarned {
                logger.warning("waiting for the database", metadata: ["error": "\(failure.message)"])
                hasWarned = true
            }
            try await Task.sleep(for: Self.pause)
        }
    }

    /// For `/readyz`.
    func readiness() async -> Readiness {
        do {
            let problem = CommandFailure(try await schema())
            return Readiness(checks: [
                .init(name: "database"), .init(name: "schema", problem: problem?.message),
            ])
        } catch {
            return Readiness(checks: [.init(name: "database", problem: "\(error)")])
        }
    }

    /// Why the daemon cannot work: with this schema, or as this login.
    private func obstacle() async throws -> CommandFailure? {
        let session = try await describe()
        // A login that inherits nothing may not even read what was migrated.
        if session?.isMember == true, let refusal = session?.refusal { return refusal }
        return CommandFailure(try await schema()) ?? session?.refusal
    }

    private func describe() async throws -> DescribeSession.Row? {
        let connection = try await PostgresConnection.connect(postgres, logger: .none)
        do {
            let session = try await connection.execute(DescribeSession()).first
            await connection.close()
            return session
        } catch {
            await connection.close()
            throw error
        }
    }

    private func schema() async throws -> SchemaState {
        var postgres = postgres
        postgres.connectTimeout = min(postgres.connectTimeout, .seconds(3))
        postgres.statementTimeout = .seconds(3)
        return try await Migrator(postgres, logger: .none).check()
    }
}
