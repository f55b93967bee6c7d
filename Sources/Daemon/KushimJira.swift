import ArgumentParser

@main
struct Program {
    static func main() async {
        await CommandLineProgram.run(KushimJira.self)
    }
}

struct KushimJira: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kushim-jira",
        abstract: "Turns failed compliance controls in PostgreSQL into Jira tickets, exactly once.",
        discussion: """
            Jobs are rows that the platform inserts into kushim_jira.jobs; this program carries them out and keeps the \
            audit trail. Settings come from flags, the environment, systemd credentials and a YAML file, in this order \
            of precedence.

            EXAMPLE
              kushim-jira config check --config ./config.yaml

            EXIT STATUS
              0 done; 1 a check found a problem; 64 usage; 65 bad input; 69 database or Jira not reachable;
              77 credentials refused; 78 configuration wrong
            """,
        version: "kushim-jira \(BuildVersion.number) (Swift \(BuildVersion.swift))",
        subcommands: [
            RunCommand.self, MigrateCommand.self, CheckCommand.self, EnqueueCommand.self, RenderCommand.self,
            StatusCommand.self, JobsCommand.self, TicketsCommand.self, ConnectionsCommand.self, AuditCommand.self,
            ConfigCommand.self,
        ])
}
