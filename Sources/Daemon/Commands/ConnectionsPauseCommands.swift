import ArgumentParser
import Compliance
import Postgres

struct ConnectionsPauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Hold a customer's jobs back: they wait, and lose no attempt.",
        discussion: """
            Takes effect within a few seconds; what is in hand is brought to its end. `default` is the customer of jobs \
            that name none, not all customers. Who did it and why is written to the audit log.

            EXAMPLE
              kushim-jira connections pause acme \\
                  --reason "their Jira moves this weekend"
            """)

    @OptionGroup var shared: SharedOptions
    @Argument(help: "The customer.") var customer: String
    @Option(help: "Kept in the audit log, and shown by `connections show`.") var reason: String?

    func validate() throws { try CustomerName.validate(customer) }

    func run() async throws {
        let configuration = try shared.load().configuration
        let (isNew, isKnown) = try await DatabaseSession.withPool(configuration, needs: .changing) { pool in
            let isNew = try await CustomerPause.pause(customer, reason: reason, actor: AdminActor.name, on: pool)
            return (isNew, try await pool.execute(CustomerIsKnown(customerID: customer)).first ?? true)
        }
        StandardStream.output.write(
            "\(customer.escapingControls): \(isNew ? "paused" : "paused already"); to go on: "
                + "\(CustomerPause.resumeCommand(for: customer).escapingControls)\n")
        guard !isKnown else { return }
        let style = TerminalStyle.standardError(ProcessFacts.environment)
        StandardStream.error.write(
            "\(style.bold("kushim-jira:")) \(style.yellow("warning")): no ticket and no waiting job is of a customer "
                + "\(customer.escapingControls); kushim-jira connections list shows those there are\n")
    }
}

struct ConnectionsResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Let a customer's jobs go on, and try at once what holds them up.",
        discussion: """
            Ends a pause. Connections and projects that were left alone, until a person has mended something or for as long \
            as Jira's rate limits asked for, are tried at once by one job each, paused or not; then the jobs that wait for \
            them run. Who did it is written to the audit log.

            EXAMPLE
              kushim-jira connections resume acme
            """)

    @OptionGroup var shared: SharedOptions
    @Argument(help: "The customer.") var customer: String

    func validate() throws { try CustomerName.validate(customer) }

    func run() async throws {
        let configuration = try shared.load().configuration
        let resumption = try await DatabaseSession.withPool(configuration, needs: .changing) { pool in
            try await CustomerPause.resume(customer, actor: AdminActor.name, on: pool)
        }
        var lines = ["\(customer): \(resumption.wasPaused ? "goes on" : "was not paused")"]
        lines += resumption.gates.map { "tried at once: \($0)" }
        if resumption.jobs > 0 { lines.append("jobs that run at once: \(resumption.jobs)") }
        for line in lines { StandardStream.output.write(line.escapingControls + "\n") }
    }
}

private enum CustomerName {
    static func validate(_ name: String) throws {
        guard (1...255).contains(name.unicodeScalars.count), !name.allSatisfy(\.isWhitespace) else {
            throw ValidationError("the customer's name is not 1 to 255 characters long")
        }
    }
}
