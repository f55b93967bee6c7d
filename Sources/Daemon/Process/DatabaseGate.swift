import Logging
import Migrations
import Postgres

/// The database as the daemon must find it: there, open to it, and with the schema of this release.
struct DatabaseGate: Sendable {
    let postgres: PostgresConfiguration
    let logger: Logger
    /// Told each time that it is not so, with the words for the status line.
    var onWaiting: @Sendable (String) -> Void = { _ in }
    private static let longestPause = Duration.seconds(8)

    /// Tries for a while: a database and its clients are often started together, a password is often changed on both sides, one
    /// after the other, and a schema is migrated while daemons restart.
    ///
    /// - Throws: `CommandFailure` with 69 or 77 after `limit`. The service manager starts the daemon anew then, with credentials
    ///   that may be fresher.
    func pass(within limit: Duration = .seconds(30)) async throws {
        let deadline = ContinuousClock.now + limit
        var pause = Duration.seconds(1)
        var told = ""
        while let failure = await obstacle() {
            guard ContinuousClock.now < deadline else { throw failure }
            if failure.message != told {
                let hint: Logger.Metadata = failure.hint.map { ["hint": "\($0)"] } ?? [:]
                logger.warning(
                    "waiting for the database",
                    metadata: hint.merging(["error": "\(failure.message)"]) { first, _ in first })
                onWaiting("waiting for the database: \(failure.message)")
                told = failure.message
            }
            try await Task.sleep(for: min(pause, ContinuousClock.now.duration(to: deadline)))
            // A server counts wrong passwords; one that is away does not mind.
            pause = failure.status == .refused ? min(pause * 2, Self.longestPause) : .seconds(1)
        }
    }

    /// nil when the daemon can work with it.
    private func obstacle() async -> CommandFailure? {
        do {
            return try await mismatch()
        } catch let error as PostgresError {
            return CommandFailure(error)
        } catch let error as MigrationError {
            return CommandFailure(error)
        } catch {
            return CommandFailure(status: .unavailable, what: "database", message: "\(error)")
        }
    }

    /// For `/readyz`; on a connection of the pool, so that being asked costs none.
    func readiness(_ pool: PostgresPool) async -> Readiness {
        do {
            let migrator = Migrator(postgres, logger: .none)
            let (isReadOnly, state) = try await pool.withConnection { connection in
                let isReadOnly = try await connection.execute(AskWhetherReadOnly()).first ?? false
                return (isReadOnly, try await migrator.check(on: connection))
            }
            return Readiness(checks: [
                .init(name: "database", problem: isReadOnly ? AskWhetherReadOnly.problem : nil),
                .init(name: "schema", problem: CommandFailure(state)?.message),
            ])
        } catch {
            return Readiness(checks: [.init(name: "database", problem: "\(error)")])
        }
    }

    /// Why the daemon cannot work: with this schema, or as this login.
    private func mismatch() async throws -> CommandFailure? {
        let session = try await describe()
        // A login that inherits nothing may not even read what was migrated.
        if session?.isMember == true, let refusal = session?.refusal { return refusal }
        guard var mismatch = CommandFailure(try await schema()) else { return session?.refusal }
        // For a command this is a wrong installation; for the daemon it is one that is not finished yet.
        mismatch.status = .unavailable
        return mismatch
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
