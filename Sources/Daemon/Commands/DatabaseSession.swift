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
            let connection = try await PostgresConnection.connect(configuration.postgres, logger: .none)
            do {
                let result = try await body(connection)
                await connection.close()
                return result
            } catch let error as PostgresError {
                let failure = await CommandFailure(error, needing: need, on: connection)
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

    /// A pool of one connection. It waits for a server that is away; a person is told at once.
    static func withPool<Result: Sendable>(
        _ configuration: Configuration, needs need: DatabaseNeed = .reading,
        _ body: (PostgresPool) async throws -> Result
    ) async throws -> Result {
        try await with(configuration, needs: need) { _ in
            let pool = PostgresPool(configuration.postgres, size: 1, acquisitionLimit: .seconds(10), logger: .none)
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
