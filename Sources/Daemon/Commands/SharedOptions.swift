import ArgumentParser

/// Options that every subcommand takes.
struct SharedOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Configuration file (YAML).",
            discussion: """
                Else $KUSHIM_JIRA_CONFIG, else /etc/kushim-jira/config.yaml if it exists.
                """, valueName: "file"))
    var config: String?

    @Option(
        name: .long, help: ArgumentHelp("trace, debug, info, notice, warning, error or critical.", valueName: "level"))
    var logLevel: String?

    @Option(name: .long, help: ArgumentHelp("text or json.", valueName: "format"))
    var logFormat: String?

    /// The settings that these flags give.
    var flags: [String: (name: String, value: String)] {
        var flags: [String: (name: String, value: String)] = [:]
        if let logLevel { flags["log.level"] = ("--log-level", logLevel) }
        if let logFormat { flags["log.format"] = ("--log-format", logFormat) }
        return flags
    }

    /// The configuration in force for this invocation; warnings go to standard error.
    ///
    /// - Parameters:
    ///   - overrides: settings that the subcommand has flags of its own for.
    ///   - hasPayload: the subcommand says itself what templates lack.
    ///   - usesJira: it talks to Jira; others do without its credentials.
    func load(
        overriding overrides: [String: (name: String, value: String)] = [:], hasPayload: Bool = false,
        usesJira: Bool = false
    ) throws(InvalidConfiguration) -> LoadedConfiguration {
        let environment = ProcessFacts.environment
        let loaded = try LoadedConfiguration.load(
            path: config, flags: flags.merging(overrides) { _, override in override }, environment: environment,
            usesJira: usesJira)
        Self.warn(loaded.warnings + (hasPayload ? [] : loaded.configuration.compliance.templateWarnings))
        return loaded
    }

    /// To standard error, a line each.
    static func warn(_ warnings: [String]) {
        let style = TerminalStyle.standardError(ProcessFacts.environment)
        for warning in warnings {
            StandardStream.error.write(
                "\(style.bold("kushim-jira:")) \(style.yellow("warning")): \(warning.escapingControls)\n")
        }
    }
}

/// For subcommands that print data.
struct OutputOptions: ParsableArguments {
    @Flag(name: .long, help: "Print JSON instead of text for people.")
    var json = false
}
