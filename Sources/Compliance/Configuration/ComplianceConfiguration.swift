package import Jira

/// All that the product is told; what stands here is the environment's and the file's, which customers can override.
package struct ComplianceConfiguration: Sendable {
    /// The worker and its version, for the audit log.
    package var actor: String
    package var tickets = TicketSettings()
    package var sla = SLASettings()
    package var slack = SlackSettings()
    /// The root of the Kushim application that links lead to.
    package var appURL = "https://app.kushim.io"
    /// Nil where the environment names no Jira: jobs wait.
    package var connection: JiraConnection?

    /// For how long after a request without answer its issue may still appear. It must be longer than any request can live:
    /// its timeout, and the time by which a worker may notice late that its lease is gone.
    package var settlingTime: Duration = .seconds(120)
    /// For how long, from before the ledger is told that a request is sent, it may be sent: two thirds of the worker's lease.
    package var sendWithin: Duration = .seconds(20)
    /// For how long an open ticket is believed to be open before Jira is asked again.
    package var statusFreshness: Duration = .seconds(60)
    /// For how long a project is believed to take what it took.
    package var screenFreshness: Duration = .seconds(600)
    /// For how long a customer's settings are kept before they are read again.
    package var settingsFreshness: Duration = .seconds(3)
    package var gates = GateTiming()

    package init(actor: String) {
        self.actor = actor
    }
}
