import ArgumentParser

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Show or check the configuration.",
        discussion: """
            EXAMPLE
              kushim-jira config show
            """,
        subcommands: [ConfigShowCommand.self, ConfigCheckCommand.self])
}

struct ConfigShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Print every setting in force and where it came from.",
        discussion: """
            Secrets are masked: ••• says that one is set. A setting that is not set shows as -.

            EXAMPLE
              JIRA_DOMAIN=acme.atlassian.net \\
                  kushim-jira config show
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let loaded = try shared.load()
        if output.json {
            StandardStream.output.write(try JSONText.of(SettingsDocument(loaded)))
            return
        }
        let environment = ProcessFacts.environment
        var table = TerminalTable([
            .init("SETTING"), .init("VALUE", shrinks: true), .init("FROM", shrinks: true),
        ])
        for setting in loaded.settings {
            // A template has many lines; all of it is in --json.
            table.add([setting.key, setting.shownValue.cut(toTerminalWidth: 100), setting.source.description])
        }
        StandardStream.output.write(
            table.text(width: ProcessFacts.terminalWidth(environment), style: .standardOutput(environment)))
    }
}

struct ConfigCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Test the configuration without contacting anything.",
        discussion: """
            Lists every problem with file, line and remedy, and exits with 78 if there is one. For a test that goes to \
            the database and to Jira use `kushim-jira check`.

            EXAMPLE
              kushim-jira config check --config ./config.yaml
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let loaded: LoadedConfiguration
        do {
            loaded = try shared.load(usesJira: true)
        } catch {
            guard output.json else { throw error }
            StandardStream.output.write(try JSONText.of(CheckDocument(problems: error.problems)))
            throw ExitStatus.configuration
        }
        if output.json {
            StandardStream.output.write(
                try JSONText.of(
                    CheckDocument(warnings: loaded.warnings + loaded.configuration.compliance.templateWarnings)))
            return
        }
        let style = TerminalStyle.standardOutput(ProcessFacts.environment)
        let given = loaded.settings.count { $0.source != .byDefault }
        let file = loaded.path ?? "no file"
        StandardStream.output.write(
            "\(style.green("configuration is valid")) (\(file); \(given) of \(loaded.settings.count) settings given)\n")
    }
}

/// `config show --json`.
private struct SettingsDocument: Encodable {
    struct Setting: Encodable {
        var key: String
        var variable: String?
        var value: String?
        var isSecret: Bool
        var isSet: Bool
        var source: String
    }

    var file: String?
    var settings: [Setting]

    init(_ loaded: LoadedConfiguration) {
        file = loaded.path
        settings = loaded.settings.map {
            Setting(
                key: $0.key, variable: $0.variable, value: $0.value, isSecret: $0.isSecret, isSet: $0.isSet,
                source: $0.source.description)
        }
    }
}

/// `config check --json`.
private struct CheckDocument: Encodable {
    struct Problem: Encodable {
        var place: String
        var key: String?
        var message: String
        var remedy: String
    }

    var isValid: Bool
    var problems: [Problem]
    var warnings: [String]

    init(problems: [ConfigurationProblem] = [], warnings: [String] = []) {
        isValid = problems.isEmpty
        self.problems = problems.map { Problem(place: $0.place, key: $0.key, message: $0.message, remedy: $0.remedy) }
        self.warnings = warnings
    }
}
