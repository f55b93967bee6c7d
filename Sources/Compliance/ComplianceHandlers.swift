package import HTTP
package import Jobs
package import Logging
package import Postgres

/// The handlers of all kinds of jobs, for one `Worker`; its `WorkerConfiguration.effects` should be `complianceEffects`.
///
/// - Parameters:
///   - pool: the worker's; lends connections to all jobs in hand.
///   - http: for Jira and Slack.
package func complianceHandlers(
    _ configuration: ComplianceConfiguration, pool: PostgresPool, http: HTTPClient, logger: Logger
) -> [any JobHandler] {
    let services = ComplianceServices(configuration, pool: pool, http: http, logger: logger)
    return [
        ComplianceFailureHandler(services: services), CompliancePassHandler(services: services),
        SLAAlertHandler(services: services), NotificationHandler(services: services),
    ]
}
