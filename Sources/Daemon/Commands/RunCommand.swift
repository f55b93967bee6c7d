import ArgumentParser

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run the daemon in the foreground.",
        discussion: """
            Logs to standard error. SIGTERM and SIGINT finish what is in hand, a second one releases it to other \
            workers at once; SIGHUP reads the configuration again. Any number of daemons may run on one database.

            EXAMPLE
              DATABASE_URL=postgresql://kushim@db/kushim \\
                  JIRA_DOMAIN=acme.atlassian.net JIRA_EMAIL=bot@acme.com \\
                  JIRA_API_TOKEN_FILE=/run/secrets/jira \\
                  JIRA_DEFAULT_PROJECT_KEY=COMP kushim-jira run
            """)

    @OptionGroup var shared: SharedOptions
    @Option(help: "Jobs in hand at once; else worker.concurrency.") var concurrency: Int?
    @Option(help: "Address for health and metrics, or off; else http.listen.") var listen: String?

    func run() async throws {
        let loaded = try load()
        try await RunningDaemon(loaded, reload: { () throws(InvalidConfiguration) in try load() }).run()
    }

    private func load() throws(InvalidConfiguration) -> LoadedConfiguration {
        var overrides: [String: (name: String, value: String)] = [:]
        if let concurrency { overrides["worker.concurrency"] = ("--concurrency", String(concurrency)) }
        if let listen { overrides["http.listen"] = ("--listen", listen) }
        return try shared.load(overriding: overrides, usesJira: true)
    }
}
