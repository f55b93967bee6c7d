import ArgumentParser
import Compliance
import FoundationEssentials
import Jira
import Postgres

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "The record of everything that was done, and why.",
        discussion: """
            EXAMPLE
              kushim-jira audit list --control AWS_IAM_MFA
            """,
        subcommands: [AuditListCommand.self])
}

struct AuditListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the newest records, in the order in which they were written.",
        discussion: """
            With --json, one object a line.

            EXAMPLE
              kushim-jira audit list --action ticket.skipped --since 7d
              kushim-jira audit list --customer acme \\
                  --action ticket.created --json
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "Only this customer's.") var customer: String?
    @Option(help: "Only this control's.") var control: String?
    @Option(help: "Only this action.") var action: AuditAction?
    @Option(help: "Only this Jira issue's.") var issue: String?
    @Option(help: "Only this job's.") var job: Int64?
    @OptionGroup var range: ListOptions

    func run() async throws {
        let filter = AuditFilter(
            customer: customer, control: control, action: action?.rawValue, issueKey: issue, jobID: job,
            recorded: try range.range(), limit: range.fetched)
        let found = try await DatabaseSession.with(try shared.load().configuration) { connection in
            try await connection.execute(ListAuditEntries(filter))
        }
        let entries = found.suffix(range.limit)
        defer { if found.count > entries.count { CutList.tell(newest: entries.count, json: output.json) } }
        if output.json {
            for entry in entries { StandardStream.output.write(try JSONText.line(AuditLine(entry))) }
        } else {
            AuditTable.print(Array(entries))
        }
    }
}

enum AuditTable {
    static func print(_ entries: [AuditEntry]) {
        var table = TerminalTable([
            .init("RECORD", alignsRight: true, yields: true), .init("TIME"), .init("JOB", alignsRight: true),
            .init("ACTION"),
            .init("CUSTOMER", shrinks: true), .init("CONTROL", shrinks: true), .init("ISSUE"),
            .init("DETAIL", drops: true),
        ])
        for entry in entries {
            table.add([
                String(entry.id), ShownTime.instant(entry.recordedAt), entry.jobID.map(String.init) ?? "-",
                entry.action,
                entry.customerID, entry.controlID ?? "-", entry.issueKey ?? "-", AuditWords.line(entry.detail),
            ])
        }
        table.print()
    }
}

/// A record as `--json` prints it.
struct AuditLine: Encodable {
    var id: Int64
    var recordedAt: Date
    var customerID: String
    var jobID: Int64?
    var action: String
    var controlID: String?
    var issueKey: String?
    var actor: String
    var detail: JSONValue

    init(_ entry: AuditEntry) {
        id = entry.id
        recordedAt = entry.recordedAt
        customerID = entry.customerID
        jobID = entry.jobID
        action = entry.action
        controlID = entry.controlID
        issueKey = entry.issueKey
        actor = entry.actor
        detail = (try? JSONValue(parsing: Array(entry.detail.text.utf8))) ?? .string(entry.detail.text)
    }
}
