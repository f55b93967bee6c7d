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
        let keys = try await DatabaseSession.with(try shared.load().configuration) { connection in
            try await connection.execute(
                UnlinkTicket(
                    customerID: customer, controlID: control, resource: resource, actor: AdminActor.name))
        }
        guard let key = keys.first else {
            throw CommandFailure(
                status: .problemFound, what: control, message: "has no open ticket",
                hint: "kushim-jira tickets list --customer \(customer) --state open shows those it has")
        }
        StandardStream.output.write("\(control) has let go of \(key); its next failure gets a new ticket\n")
    }
}
