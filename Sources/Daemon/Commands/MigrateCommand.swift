import ArgumentParser
import Compliance
import FoundationEssentials
import Jobs
import Logging
import Migrations
import Postgres

struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Bring the database to the newest schema.",
        discussion: """
            Run it as a login that owns the database and may create roles. It is safe while daemons run, and several at \
            once wait for each other. Each file is applied in a transaction of its own, or not at all. Locks are waited for \
            a moment at a time, so that nobody is held up; who holds them is told.

            A restore into a cluster that lacks the roles loses all grants and a policy: --repair makes them again. It also enables \
            triggers that are disabled, and gives the jobs that were inserted meanwhile their places in the queue; what breaks a \
            rule becomes a dead letter.

            EXAMPLE
              DATABASE_URL=postgresql://owner@db/kushim \\
                  kushim-jira migrate
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: OutputOptions
    @Flag(help: "List the migrations and which of them the database has.") var status = false
    @Flag(help: "Print the SQL that would be run, and run nothing.") var dryRun = false
    @Flag(
        help: "Make lost roles, grants and policies again, enable triggers, and put jobs that are nowhere in the queue."
    )
    var repair = false

    func validate() throws {
        if [status, dryRun, repair].count(where: { $0 }) > 1 {
            throw ValidationError("--status, --dry-run and --repair exclude each other")
        }
    }

    func run() async throws {
        let configuration = try shared.load().configuration
        let migrator = Migrator(configuration.postgres, logger: .none) { message in
            StandardStream.error.write(message.escapingControls + "\n")
        }
        do {
            if status {
                try show(try await migrator.status())
            } else if dryRun {
                try showMissing(try await migrator.status())
            } else if repair {
                let lines = try await migrator.repair()
                let actor = AdminActor.name
                let jobs = try await DatabaseSession.withQueue(configuration, needs: .changing) {
                    try await $0.admitForgotten(effects: complianceEffects(actor: actor))
                }
                try show(repaired: lines, jobs)
            } else {
                try show(applied: try await migrator.migrate())
            }
        } catch let error as MigrationError {
            throw CommandFailure(error)
        } catch let error as PostgresError {
            throw CommandFailure(error)
        }
    }

    private func show(applied: [Migration]) throws {
        if output.json {
            StandardStream.output.write(try JSONText.of(["applied": applied.map(\.fileName)]))
        } else {
            for migration in applied { StandardStream.output.write("applied \(migration.fileName)\n") }
            StandardStream.output.write(applied.isEmpty ? "the schema is current already\n" : "the schema is current\n")
        }
    }

    private func show(repaired: [String], _ jobs: AdmittedJobs) throws {
        if output.json {
            StandardStream.output.write(
                try JSONText.of(
                    Repairs(repaired: repaired, placed: jobs.placed, discarded: jobs.discarded.map(\.id))))
            return
        }
        for line in repaired { StandardStream.output.write("\(line)\n") }
        StandardStream.output.write(
            repaired.isEmpty
                ? "no role, grant or policy is missing, and every trigger is enabled\n"
                : "made again; logins must be granted their roles anew: GRANT kushim_jira_worker TO ...\n")
        for id in jobs.placed { StandardStream.output.write("job \(id) has its place in the queue again\n") }
        for job in jobs.discarded {
            StandardStream.output.write("job \(job.id) is a dead letter: \(job.reason.escapingControls)\n")
        }
    }

    private func show(_ statuses: [MigrationStatus]) throws {
        if output.json {
            StandardStream.output.write(try JSONText.of(statuses.map(MigrationLine.init)))
            return
        }
        var table = TerminalTable([.init("MIGRATION"), .init("APPLIED"), .init("NOTE")])
        for status in statuses {
            table.add([
                status.migration.fileName, status.appliedAt.map(ShownTime.instant) ?? "-",
                status.isChanged ? "applied with another content than this program has" : "",
            ])
        }
        table.print()
    }

    private func showMissing(_ statuses: [MigrationStatus]) throws {
        let missing = statuses.filter { $0.appliedAt == nil }.map(\.migration)
        if output.json {
            StandardStream.output.write(try JSONText.of(missing.map { ["migration": $0.fileName, "sql": $0.sql] }))
            return
        }
        for migration in missing { StandardStream.output.write("-- \(migration.fileName)\n\(migration.sql)\n") }
        if missing.isEmpty { StandardStream.output.write("-- the schema is current: there is nothing to run\n") }
    }
}

private struct Repairs: Encodable {
    var repaired: [String]
    var placed: [Int64]
    var discarded: [Int64]
}

private struct MigrationLine: Encodable {
    var migration: String
    var appliedAt: Date?
    var isChanged: Bool

    init(_ status: MigrationStatus) {
        migration = status.migration.fileName
        appliedAt = status.appliedAt
        isChanged = status.isChanged
    }
}

extension Logger {
    /// For commands that say themselves what happened.
    static var none: Logger { Logger(label: "kushim-jira.command") { _ in SwiftLogNoOpLogHandler() } }
}

extension CommandFailure {
    init(_ error: MigrationError) {
        switch error.kind {
        case .changed, .ahead, .wrongEncoding:
            self.init(status: .configuration, what: "schema", message: error.message)
        case .insufficientPrivilege:
            self.init(status: .refused, what: "schema", message: error.message)
        case .blocked:
            self.init(status: .unavailable, what: "schema", message: error.message)
        case .failed:
            if let cause = error.cause, cause.kind != .server {
                self.init(cause)
            } else {
                self.init(status: .problemFound, what: "schema", message: error.message)
            }
        }
    }

    /// nil when the schema is what this program needs.
    init?(_ state: SchemaState) {
        switch state {
        case .current: return nil
        case .absent:
            self.init(
                status: .configuration, what: "schema", message: "the database has no schema kushim_jira",
                hint: "run: kushim-jira migrate")
        case .behind(let missing):
            self.init(
                status: .configuration, what: "schema",
                message: "the schema is behind this program: \(missing.joined(separator: ", ")) not applied",
                hint: "run: kushim-jira migrate")
        case .ahead(let database, let binary):
            self.init(
                status: .configuration, what: "schema",
                message: "the database has schema version \(database), this program knows only up to \(binary)",
                hint: "install the release that migrated it, or a later one")
        case .changed(let files):
            self.init(
                status: .configuration, what: "schema",
                message: "\(files.joined(separator: ", ")): applied with another content than this program has",
                hint: "use the release that migrated this database; an applied migration must never change")
        case .wrongEncoding(let encoding):
            self.init(
                status: .configuration, what: "database", message: AskForEncoding.problem(encoding),
                hint: AskForEncoding.remedy)
        }
    }
}
