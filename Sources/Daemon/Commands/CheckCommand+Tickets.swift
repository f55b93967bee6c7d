import Compliance
import HTTP
import Jira
import Postgres

extension CheckCommand {
    /// Compares the open tickets of the ledger with Jira: twins are a problem, since one of them is one too many.
    func checkTickets(
        _ connection: JiraConnection, _ configuration: Configuration, _ http: HTTPClient, _ report: inout CheckReport
    ) async throws {
        let pool = PostgresPool(configuration.postgres, size: 1, acquisitionLimit: .seconds(10), logger: .none)
        let sweep = TwinSweep(pool: pool, http: http, actor: AdminActor.name, logger: .none) { connection }
        let swept: (tickets: Int, found: [TwinSweep.Finding])
        do {
            swept = try await sweep.sweepAll()
        } catch {
            await pool.close()
            throw (error as? PostgresError).map(CommandFailure.init) ?? error
        }
        await pool.close()
        for finding in swept.found {
            report.add(
                "Ticket \(finding.issueKey)",
                .problem(
                    "\(finding.controlID) of \(finding.customerID) also has \(finding.twins.joined(separator: ", "))",
                    remedy: "if they are clones that nobody needs, close them in Jira; if not, please report it",
                    .problemFound))
        }
        if swept.found.isEmpty {
            report.add("Tickets", .ok("no other issue carries the mark of one of \(swept.tickets) open tickets"))
        }
    }
}
