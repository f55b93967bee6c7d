import ArgumentParser
import Compliance
import FoundationEssentials
import HTTP
import Jira
import Logging
import Migrations
import Postgres

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Test the configuration, the database and Jira.",
        discussion: """
            Looks whether the database is reachable and its schema current, whether Jira is reachable and lets us in, \
            which projects it shows us, and whether a ticket could be made in each project that the configuration names: \
            permissions, issue type, required fields. What the settings would send is held against what the projects take: \
            ! marks what would be left out of tickets. Nothing is changed, unless --test-ticket or --slack-test asks for it.

            EXAMPLE
              kushim-jira check
              kushim-jira check --test-ticket
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "With this customer's settings.") var customer: String?
    @Flag(help: "Look in Jira for clones and doubles of the open tickets.") var tickets = false
    @Flag(help: "Look whether every job is in exactly one place. Reads the whole queue, and may while workers run.")
    var queue = false
    @Flag(help: "Make one ticket, marked as a test.") var testTicket = false
    @Flag(help: "Send one message to each Slack webhook.") var slackTest = false

    func run() async throws {
        let configuration = try shared.load(usesJira: true).configuration
        var report = CheckReport()
        report.add("Configuration", .ok("valid"))
        await checkDatabase(configuration, &report)
        let isUsable = report.status == nil
        if isUsable { await checkSettings(configuration, &report) }
        if report.status == nil {
            if queue {
                try await checkQueue(configuration, &report)
            } else {
                await checkNewestJobs(configuration, &report)
            }
        }
        if isUsable { await checkHindrances(configuration, &report) }
        let http = HTTPClient(configuration.network, logger: .none)
        await checkJira(configuration, http, &report)
        if slackTest { await checkSlack(configuration, http, &report) }
        await http.shutDown()
        StandardStream.output.write(output.json ? try JSONText.of(report.document) : report.text)
        if let status = report.status { throw status }
    }

    private func checkDatabase(_ configuration: Configuration, _ report: inout CheckReport) async {
        do {
            let session = try await DatabaseSession.with(configuration) {
                try await $0.execute(DescribeSession()).first
            }
            guard let session else { return }
            if session.isReadOnly {
                return report.add(
                    "Database",
                    .problem(
                        "\(session.database) on PostgreSQL \(session.version) \(AskWhetherReadOnly.problem)",
                        remedy: "name the primary in DATABASE_URL, without target_session_attrs or with read-write",
                        .unavailable))
            }
            report.add("Database", .ok("\(session.database) on PostgreSQL \(session.version), as \(session.user)"))
            // A login that inherits nothing may not even read what was migrated.
            if session.isMember, let refusal = session.refusal { return report.add("Role", refusal) }
            let migrator = Migrator(configuration.postgres, logger: .none)
            let state = try await migrator.check()
            if let problem = state.problem {
                return report.add("Schema", .problem(problem.message, remedy: problem.remedy, .configuration))
            }
            report.add("Schema", .ok("current"))
            let missing = try await DatabaseSession.with(configuration) { try await migrator.missingAccess(on: $0) }
            if let first = missing.first {
                report.add(
                    "Grants",
                    .problem(
                        "\(missing.count) of the schema's grants and policies are missing, such as: \(first); a restore into a "
                            + "cluster without the roles loses them",
                        remedy: "as the owner: kushim-jira migrate --repair", .configuration))
            }
            if let refusal = session.refusal { return report.add("Role", refusal) }
            report.add("Role", .ok("\(session.user) may work as kushim_jira_worker"))
        } catch {
            let failure =
                error as? CommandFailure ?? (error as? PostgresError).map(CommandFailure.init)
                ?? (error as? MigrationError).map(CommandFailure.init)
            report.add(
                "Database",
                .problem(
                    failure?.message ?? "\(error)", remedy: failure?.hint ?? "see the message",
                    failure?.status ?? .unavailable))
        }
    }

    /// What of the settings PostgreSQL must know, and what of a customer's is hardly meant. The file's is told when it is read.
    private func checkSettings(_ configuration: Configuration, _ report: inout CheckReport) async {
        // What cannot be used is told with Jira's steps.
        guard let settings = try? await effectiveSettings(configuration) else { return }
        let refusal = try? await DatabaseSession.with(configuration) { try await settings.sla.refusal(on: $0) }
        if let refusal {
            report.add(
                "Time zone",
                .problem(
                    "sla.time_zone: PostgreSQL says: \(refusal)", remedy: "use a name such as Europe/Berlin",
                    .configuration))
        }
        guard customer != nil else { return }
        for warning in settings.tickets.warnings(appURL: configuration.kushim.appURL) {
            report.add("Settings", .warning(warning))
        }
    }

    /// A shell lacks what the daemon is given by its unit: then that is no finding about the daemon.
    private func missingJira(_ configuration: Configuration) async -> CheckReport.Finding {
        let inForce = try? await DatabaseSession.with(configuration) {
            try await SettingsInForce.read(configuration, on: $0)
        }
        guard case .daemons? = inForce?.source, let site = inForce?.report.jira.browseURL else {
            return .problem(
                "none is configured: jobs of customers without a connection of their own wait",
                remedy: "set JIRA_DOMAIN (or JIRA_BASE_URL) and credentials", .configuration)
        }
        return .problem(
            "none is configured for this command; the daemons that run use \(site), and `connections show` tells how they fare",
            remedy: "give this command the daemon's settings; README, Install, has the line for a unit of systemd",
            .configuration)
    }

    private func checkJira(_ configuration: Configuration, _ http: HTTPClient, _ report: inout CheckReport) async {
        guard let settings = configuration.jira.connection else {
            return report.add("Jira", await missingJira(configuration))
        }
        do {
            let effective = try await effectiveSettings(configuration)
            let tickets = effective.tickets
            let connection = try await JiraConnection.resolve(settings, http: http, logger: .none)
            let client = JiraClient(connection: connection, http: http, logger: .none)
            let targets = tickets.targets.map {
                ConnectionCheck.Target(
                    projectKey: $0.project, kind: $0.kind,
                    suppliedFields: supplied(by: effective))
            }
            let rehearsal = TicketRehearsal(
                client, customerID: customer ?? "default", appURL: configuration.kushim.appURL)
            let check = await client.check(targets)
            report.add(check)
            await rehearse(rehearsal, tickets, check, &report)
            if targets.isEmpty {
                report.add(
                    "Project",
                    .problem(
                        "none is named", remedy: "set JIRA_DEFAULT_PROJECT_KEY, or tickets.project", .configuration))
            }
            if self.tickets { try await checkTickets(connection, configuration, http, &report) }
            if testTicket, report.status == nil {
                try await makeTestTicket(client, rehearsal, tickets, configuration, &report)
            }
        } catch let error as JiraConnectionError {
            switch error {
            case .configuration(let problem):
                report.add(
                    "Jira", .problem("\(problem.setting) \(problem.problem)", remedy: problem.remedy, .configuration))
            case .server(let problem):
                report.add("Domain Reachable", .problem(problem.words, remedy: problem.remedy, problem.exitStatus))
            }
        } catch let error as JiraError {
            let doubt =
                error.outcome == .unknown
                ? " The test ticket may have been made all the same: look before you make another." : ""
            report.add("Jira", .problem("\(error)", remedy: error.remedy + doubt, error.exitStatus))
        } catch let error as CommandFailure {
            report.add("Database", .problem(error.message, remedy: error.hint ?? "see the message", error.status))
        } catch {
            report.add("Customer", .problem("\(error)", remedy: "correct the customer's settings", .configuration))
        }
    }

    /// Fields that tickets will have, beside those that every ticket has.
    private func supplied(by settings: EffectiveSettings) -> Set<String> {
        let tickets = settings.tickets
        var fields = Set(tickets.fields.keys).union(["description", "labels"])
        if tickets.priorities.values.contains(where: { !$0.isEmpty }) { fields.insert("priority") }
        if !tickets.components.isEmpty { fields.insert("components") }
        if tickets.assignee != nil { fields.insert("assignee") }
        if tickets.parent != nil { fields.insert("parent") }
        if !settings.sla.due.isEmpty { fields.insert("duedate") }
        return fields
    }

    /// The file's, changed by the customer's own where one is named.
    private func effectiveSettings(_ configuration: Configuration) async throws -> EffectiveSettings {
        let base = configuration.compliance(actor: AdminActor.name, jira: nil)
        guard let customer else { return try base.effective(patch: "{}") }
        return try await DatabaseSession.with(configuration) { connection in
            try await base.effective(for: customer, on: connection)
        }
    }

    private func makeTestTicket(
        _ client: JiraClient, _ rehearsal: TicketRehearsal, _ tickets: TicketSettings, _ configuration: Configuration,
        _ report: inout CheckReport
    ) async throws {
        let failure = try ComplianceFailure(
            payload: #"""
                {"controlId": "KUSHIM_TEST", "controlTitle": "Test of the Jira integration", "severity": "critical",
                 "failureReason": "This ticket was made by kushim-jira check --test-ticket. Close it at will."}
                """#)
        let facts = TicketFacts(
            customerID: customer ?? "default", jobID: 0, insertedAt: .now, deployment: client.connection.deployment)
        guard
            case .create(let draft) = TicketPlanner(tickets, appURL: configuration.kushim.appURL).plan(failure, facts)
        else { return }
        let (created, omitted) = try await rehearsal.make(draft)
        let left = omitted.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: "; ")
        report.add(
            "Test ticket",
            .ok(
                "\(created.key) \(client.connection.browseURL(issueKey: created.key))"
                    + (left.isEmpty ? "" : "; left out: \(left)")))
        try await DatabaseSession.with(configuration) { connection in
            _ = try await connection.execute(
                RecordAdminAction(
                    action: "admin.test_ticket", customerID: customer ?? "default", issueKey: created.key,
                    actor: AdminActor.name))
        }
    }

    private func checkSlack(_ configuration: Configuration, _ http: HTTPClient, _ report: inout CheckReport) async {
        guard let slack = try? await effectiveSettings(configuration).slack else {
            return report.add("Slack", .skipped("the customer's settings could not be read"))
        }
        var webhooks = slack.channels.sorted { $0.key > $1.key }.map { ("Slack, \($0.key)", $0.value) }
        if let url = slack.webhook { webhooks.append(("Slack", url)) }
        webhooks.removeAll { $0.1.isEmpty }
        guard !webhooks.isEmpty else {
            return report.add(
                "Slack", .problem("no webhook is configured", remedy: "set SLACK_WEBHOOK_URL", .configuration))
        }
        for (name, url) in webhooks {
            let text = #"{"text": "A test message from kushim-jira check --slack-test."}"#
            let request = HTTPRequest(
                method: .post, url: url.reveal(), headers: HTTPHeaders([("Content-Type", "application/json")]),
                body: Array(text.utf8), allowsPlainHTTP: url.reveal().hasPrefix("http://127.0.0.1"))
            do throws(HTTPError) {
                let answer = try await http.send(request)
                if let objection = SlackObjection(answer) {
                    report.add(name, .problem(objection.problem, remedy: objection.remedy, .problemFound))
                } else {
                    report.add(name, .ok("message sent"))
                }
            } catch {
                report.add(name, .problem("\(error)", remedy: "check the network", .unavailable))
            }
        }
    }
}
