import HTTP
import Jobs
import Logging
import Postgres

/// One connection for the time of a command; what PostgreSQL answers is turned into words and an exit status.
enum DatabaseSession {
    static func with<Result: Sendable>(
        _ configuration: Configuration, needs need: DatabaseNeed = .reading,
        _ body: (PostgresConnection) async throws -> Result
    ) async throws -> Result {
        do {
            let postgres = configuration.postgres(for: need)
            let connection = try await PostgresConnection.connect(postgres, logger: .none)
            let blockers = Task { await Self.blockers(postgres) }
            defer { blockers.cancel() }
            do {
                let result = try await body(connection)
                await connection.close()
                return result
            } catch let error as PostgresError {
                var failure = await CommandFailure(error, needing: need, on: connection)
                if error.isLockTimeout { failure.details += await blockers.value }
                await connection.close()
                throw failure
            } catch {
                await connection.close()
                throw error
            }
        } catch let error as PostgresError {
            throw CommandFailure(error)
        }
    }

    static func withQueue<Result: Sendable>(
        _ configuration: Configuration, needs need: DatabaseNeed = .reading, _ body: (JobQueue) async throws -> Result
    ) async throws -> Result {
        try await withPool(configuration, needs: need) { try await body(JobQueue(pool: $0)) }
    }

    /// Whose locks this command waits for, asked while it waits.
    private static func blockers(_ postgres: PostgresConfiguration) async -> [String] {
        guard (try? await Task.sleep(for: .seconds(2))) != nil,
            let connection = try? await PostgresConnection.connect(postgres, logger: .none)
        else { return [] }
        let found = try? await connection.execute(FindBlockers(waitingFor: .seconds(1)))
        await connection.close()
        return found?.map(\.words) ?? []
    }

    /// A pool of one connection. It waits for a server that is away; a person is told at once.
    static func withPool<Result: Sendable>(
        _ configuration: Configuration, needs need: DatabaseNeed = .reading,
        _ body: (PostgresPool) async throws -> Result
    ) async throws -> Result {
        try await with(configuration, needs: need) { _ in
            let pool = PostgresPool(
                configuration.postgres(for: need), size: 1, acquisitionLimit: .seconds(10), logger: .none)
            do {
                let result = try await body(pool)
                await pool.close()
                return result
            } catch {
                await pool.close()
                throw error
            }
        }
    }
}

extension Configuration {
    var postgres: PostgresConfiguration {
        PostgresConfiguration(conninfo: database.conninfo?.reveal() ?? "")
    }

    /// Who only reads is told soon when a table is locked.
    fileprivate func postgres(for need: DatabaseNeed) -> PostgresConfiguration {
        var postgres = postgres
        if need == .reading { postgres.lockTimeout = .seconds(4) }
        return postgres
    }
}

extension CommandFailure {
    init(_ error: PostgresError) {
        switch (error.kind, error.sqlState) {
        case (.refusedCredentials, _):
            self.init(
                status: .refused, what: "database", message: error.description,
                hint: "check the user and password in DATABASE_URL (or PGUSER, PGPASSWORD)")
        case (_, .tooManyConnections?):
            self.init(
                status: .unavailable, what: "database", message: error.description,
                hint: PostgresError.moreConnections)
        case (.cannotConnect, _), (.connectionLost, _), (.timedOut, _), (.poolClosed, _):
            self.init(
                status: .unavailable, what: "database", message: error.description,
                hint: "check DATABASE_URL (or PGHOST, PGPORT, PGDATABASE) and that the server is up")
        case (_, .undefinedTable?), (_, .invalidSchemaName?), (_, .undefinedColumn?), (_, .undefinedFunction?):
            self.init(
                status: .configuration, what: "database", message: "the schema is missing or too old: \(error.message)",
                hint: "run: kushim-jira migrate")
        case (_, .lockNotAvailable?):
            self.init(
                status: .unavailable, what: "database",
                message: "another session has locked a table of kushim-jira: \(error.message)",
                hint: "end its transaction; jobs wait meanwhile and lose no attempt")
        case (_, .insufficientPrivilege?):
            self.init(
                status: .refused, what: "database", message: error.description,
                hint: "grant this login kushim_jira_worker (daemon), kushim_jira_producer or kushim_jira_auditor; "
                    + "migrate as the database's owner")
        case (_, .checkViolation?), (_, .notNullViolation?), (_, .uniqueViolation?):
            self.init(
                status: .badInput, what: "job", message: error.constraint ?? error.message,
                hint: "the README lists what a payload may hold")
        default:
            self.init(status: .problemFound, what: "database", message: error.description)
        }
    }
}
