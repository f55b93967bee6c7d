import ArgumentParser
import Compliance
import Postgres

struct TicketsUnlinkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unlink", abstract: "Let go of a control's ticket, so that its next failure gets a new one.",
        discussion: """
            The issue in Jira is not touched. Failures that wait because Jira does not show the ticket run at once.

            EXAMPLE
              kushim-jira tickets unlink acme AWS_IAM_MFA
            """)

    @OptionGroup var shared: SharedOptions
    @Argument(help: "The customer.") var customer: String
    @Argument(help: "The control's id.") var control: String
    @Option(help: "The resource, for a ticket of a single one.") var resource = ""

    func run() async throws {
        let (key, isInDoubt) = try await DatabaseSession.with(try shared.load().configuration) { connection in
            // A request whose answer is lost may have made an issue: its job looks for it before another may be made.
            let making = TicketBeingMade(customerID: customer, controlID: control, resource: resource)
            if let isInDoubt = try await connection.execute(making).first {
                return (String?.none, Bool?.some(isInDoubt))
            }
            let unlink = UnlinkTicket(
                customerID: customer, controlID: control, resource: resource, actor: AdminActor.name)
            return (try await connection.execute(unlink).first, nil)
        }
        if let isInDoubt {
            throw CommandFailure(
                status: .problemFound, what: control,
                message: isInDoubt
                    ? "a create request of its ticket is in doubt: an issue of it may be in Jira, which the worker looks for"
                    : "its ticket is being created: there is none to let go of",
                hint: "kushim-jira tickets list --customer \(customer) --state creating tells how it fares")
        }
        guard let key else {
            throw CommandFailure(
                status: .problemFound, what: control, message: "has no open ticket",
                hint: "kushim-jira tickets list --customer \(customer) --state open shows those it has")
        }
        StandardStream.output.write("\(control) has let go of \(key); its next failure gets a new ticket\n")
    }
}
