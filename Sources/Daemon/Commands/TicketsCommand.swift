import ArgumentParser
import Compliance
import Postgres

struct TicketsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tickets", abstract: "The ledger: which failed control has which Jira issue.",
        discussion: """
            EXAMPLE
              kushim-jira tickets list --state open --customer acme
            """,
        subcommands: [TicketsListCommand.self, TicketsShowCommand.self, TicketsUnlinkCommand.self])
}

struct TicketsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List tickets, the newest first.",
        discussion: """
            EXAMPLE
              kushim-jira tickets list --severity high --since 7d
              kushim-jira tickets list --state open --json |
                  jq -r .issueKey
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "Only this customer's.") var customer: String?
    @Option(help: "Only this control's.") var control: String?
    @Option(help: "Only in this state.") var state: TicketState?
    @Option(help: "Only of this severity.") var severity: Severity?
    @OptionGroup var range: ListOptions

    func run() async throws {
        let filter = TicketFilter(
            customer: customer, control: control, state: state?.rawValue, severity: severity?.rawValue,
            created: try range.range(), limit: range.fetched)
        let found = try await DatabaseSession.with(try shared.load().configuration) { connection in
            try await connection.execute(ListTickets(filter))
        }
        let tickets = found.prefix(range.limit)
        defer { if found.count > tickets.count { CutList.tell(newest: tickets.count, json: output.json) } }
        if output.json {
            for ticket in tickets { StandardStream.output.write(try JSONText.line(ticket)) }
            return
        }
        var table = TerminalTable([
            .init("ISSUE"), .init("STATE"), .init("SEVERITY"), .init("CUSTOMER", shrinks: true),
            .init("CONTROL", shrinks: true), .init("DUE"), .init("LEFT", alignsRight: true),
            .init("FAILURES", alignsRight: true), .init("ADDRESS", yields: true),
        ])
        for ticket in tickets {
            table.add([
                ticket.issueKey ?? "-", ticket.state, ticket.severity, ticket.customerID, ticket.controlAndResource,
                ShownTime.date(ticket.dueAt), ticket.isOpen ? ShownTime.span(seconds: ticket.secondsLeft) : "-",
                String(ticket.failureCount), ticket.issueURL ?? "-",
            ])
        }
        table.print()
    }
}

struct TicketsShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one ticket and everything that was done about it.",
        discussion: """
            EXAMPLE
              kushim-jira tickets show COMP-142
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "The issue's key in Jira.") var key: String

    func run() async throws {
        let (tickets, history) = try await DatabaseSession.with(try shared.load().configuration) { connection in
            let tickets = try await connection.execute(ListTickets(TicketFilter(issueKey: key)))
            let history = try await AuditStory.read(AuditFilter(issueKey: key), on: connection)
            return (tickets, history)
        }
        guard !tickets.isEmpty else {
            throw CommandFailure(
                status: .problemFound, what: key, message: "the ledger has no such ticket",
                hint: "kushim-jira tickets list shows those it has")
        }
        if output.json {
            for ticket in tickets {
                StandardStream.output.write(
                    try JSONText.of(TicketStory(ticket: ticket, history: history.map(AuditLine.init))))
            }
            return
        }
        for ticket in tickets {
            var table = FactSheet()
            table.add("ticket", ticket.issueKey ?? "-")
            table.add("address", ticket.issueURL ?? "-")
            table.add("state", ticket.state)
            table.add("control", "\(ticket.controlAndResource): \(ticket.controlTitle)")
            table.add("customer", ticket.customerID)
            table.add("severity", ticket.severity)
            table.add("due", ShownTime.instant(ticket.dueAt))
            if ticket.isOpen { table.add("time left", ShownTime.span(seconds: ticket.secondsLeft)) }
            table.add("created", ShownTime.instant(ticket.createdAt))
            if let resolved = ticket.resolvedAt {
                table.add("resolved", ShownTime.instant(resolved) + (ticket.resolution.map { " as \($0)" } ?? ""))
            }
            if let passed = ticket.passedAt { table.add("passes again since", ShownTime.instant(passed)) }
            table.add("failures", "\(ticket.failureCount), the last \(ShownTime.instant(ticket.lastFailedAt))")
            table.add("create requests", String(ticket.sends))
            if !ticket.twins.isEmpty {
                table.add("twins", "\(ticket.twins.joined(separator: ", ")): other issues that carry its mark")
            }
            table.add("episode", String(ticket.episode))
            table.add("fingerprint", ticket.fingerprint)
            table.add("job", String(ticket.jobID))
            table.print()
        }
        StandardStream.output.write("\n")
        AuditStory.print(history)
    }
}

private struct TicketStory: Encodable {
    var ticket: LedgerTicket
    var history: [AuditLine]
}

extension LedgerTicket {
    var isOpen: Bool { state == "creating" || state == "open" }
    var controlAndResource: String { resource.isEmpty ? controlID : "\(controlID) (\(resource))" }
}
