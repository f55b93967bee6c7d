package import Logging
package import Postgres
import ServiceLifecycle

/// Opens the gates that nobody tries any more: those of a project, an issue type or a site that settings named by mistake, and of
/// which no job knows since they were corrected. Otherwise an operator would be shown them for ever.
package struct ForsakenGates: Service {
    private let pool: PostgresPool
    private let actor: String
    private let logger: Logger

    /// Who waits for a gate comes within seconds of its time, or within a fifth of it.
    private static let grace: Duration = .seconds(120)

    package init(pool: PostgresPool, actor: String, logger: Logger) {
        self.pool = pool
        self.actor = actor
        self.logger = logger
    }

    /// Until graceful shutdown or cancellation. The first time a minute after a start, which has had all gates tried.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while true {
                do {
                    try await Task.sleep(for: .seconds(60))
                } catch {
                    return
                }
                do {
                    for scope in try await pool.execute(OpenForsakenGates(grace: Self.grace, actor: actor)) {
                        logger.notice("nothing waits for a connection any more", metadata: ["scope": "\(scope)"])
                    }
                } catch {
                    logger.debug("could not look for forsaken gates", metadata: ["error": "\(error)"])
                }
            }
        }
    }
}

/// Returns their scopes. Records it where the shutting was recorded.
struct OpenForsakenGates: Statement {
    static let sql = """
        WITH g AS (
            DELETE FROM kushim_jira.gates
            WHERE closed_until < clock_timestamp() - CASE
                -- For as long as a site asks for; who waits for hours comes late.
                WHEN cause = 'rate_limited' THEN interval '1 hour' ELSE make_interval(secs => $1) END
            RETURNING *
        ), told AS (
            INSERT INTO kushim_jira.audit_log (customer_id, action, actor, detail)
            SELECT customer_id, 'connection.opened', $2,
                   jsonb_build_object('scope', scope, 'cause', cause, 'blockedSince', closed_at,
                                      'reason', 'nothing waits for it any more')
            FROM g WHERE reported_cause IS NOT NULL
        )
        SELECT scope FROM g
        """
    let grace: Duration
    let actor: String

    var parameters: [any PostgresEncodable] { [grace / .seconds(1), actor] }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> String {
        try columns.next()
    }
}
