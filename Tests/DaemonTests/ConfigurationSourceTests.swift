import Testing

@testable import Daemon

/// Which of several places wins, and that each value tells where it came from.
@Suite struct ConfigurationSourceTests {
    private func load(
        _ yaml: String = "", flags: [String: (name: String, value: String)] = [:], environment: [String: String] = [:],
        credentials: [String: String] = [:], in scratch: Scratch
    ) throws -> LoadedConfiguration {
        var environment = environment
        if !credentials.isEmpty {
            for (name, text) in credentials { _ = try scratch.file(name, text) }
            environment["CREDENTIALS_DIRECTORY"] = scratch.path
        }
        return try LoadedConfiguration.load(
            path: try scratch.file("config.yaml", yaml), flags: flags, environment: environment)
    }

    private func source(_ key: String, _ loaded: LoadedConfiguration) -> SettingSource? {
        loaded.settings.first { $0.key == key }?.source
    }

    /// As `docker run --env-file` gives them along.
    @Test(arguments: ["\"", "'"])
    func quotationMarksOfAnEnvFileAreTakenOffAndTold(quote: String) throws {
        let scratch = try Scratch()
        func quoted(_ text: String) -> String { quote + text + quote }
        let loaded = try load(
            environment: [
                "JIRA_DOMAIN": quoted("acme.atlassian.net"), "JIRA_EMAIL": quoted("a@b.c"), "JIRA_CLOUD_ID": quoted(""),
                "JIRA_API_TOKEN_FILE": quoted(try scratch.file("token", "t0ken")), "JIRA_PASSWORD": quoted("pass"),
                "JIRA_DEFAULT_PROJECT_KEY": quoted("COMP"),
                "SLACK_WEBHOOK_URL": quoted("https://hooks.slack.com/services/T/B/x"),
            ], in: scratch)
        let jira = try #require(loaded.configuration.jira.connection)
        #expect(jira.domain == "acme.atlassian.net" && jira.email == "a@b.c" && jira.cloudID == nil)
        #expect(jira.apiToken?.reveal() == "t0ken")
        #expect(jira.password?.reveal() == quoted("pass"), "a password may have them")
        #expect(loaded.configuration.compliance.tickets.project == "COMP")
        #expect(loaded.configuration.slack.webhookURL?.reveal() == "https://hooks.slack.com/services/T/B/x")
        for name in ["JIRA_DOMAIN", "JIRA_EMAIL", "JIRA_API_TOKEN_FILE", "JIRA_PASSWORD", "SLACK_WEBHOOK_URL"] {
            #expect(loaded.warnings.contains { $0.hasPrefix("\(name) ") }, "\(name)")
        }
        #expect(!loaded.warnings.contains { $0.contains(quoted("pass")) })
    }

    @Test func aProxyAndAuthoritiesAreReadFromEverySpelling() throws {
        let scratch = try Scratch()
        let ca = try scratch.file("ca.pem", "-----BEGIN CERTIFICATE-----\n")
        for environment in [["HTTPS_PROXY": "http://u:hush@proxy:3128"], ["https_proxy": "http://u:hush@proxy:3128"]] {
            let loaded = try load(environment: environment.merging(["SSL_CERT_FILE": ca]) { $1 }, in: scratch)
            #expect(loaded.configuration.network.proxy != nil)
            #expect(loaded.configuration.network.caFile == ca)
            #expect(!loaded.settings.contains { $0.value?.contains("hush") == true })
        }
        let written = try load(
            "jira: {proxy: 'http://proxy:3128', ca_file: \(ca)}", environment: ["SSL_CERT_FILE": "/nowhere"],
            in: scratch)
        #expect(written.configuration.network.proxy != nil && written.configuration.network.caFile == ca)
        for environment in [["HTTPS_PROXY": "socks5://u:hush@proxy"], ["JIRA_CA_FILE": "/nowhere/ca.pem"]] {
            let error = #expect(throws: InvalidConfiguration.self) { try load(environment: environment, in: scratch) }
            #expect(error?.problems.count == 1 && "\(error?.problems ?? [])".contains("hush") == false)
        }
    }

    @Test func flagBeatsEnvironmentBeatsCredentialBeatsFileBeatsDefault() throws {
        let scratch = try Scratch()
        let yaml = "log:\n  level: critical\n"
        let flags = ["log.level": (name: "--log-level", value: "trace")]
        let environment = ["KUSHIM_JIRA_LOG_LEVEL": "debug"]
        let credentials = ["kushim_jira_log_level": "warning\n"]

        var loaded = try load(yaml, flags: flags, environment: environment, credentials: credentials, in: scratch)
        #expect(loaded.configuration.log.level == .trace)
        #expect(source("log.level", loaded) == .flag("--log-level"))

        loaded = try load(yaml, environment: environment, credentials: credentials, in: scratch)
        #expect(loaded.configuration.log.level == .debug)
        #expect(source("log.level", loaded) == .environment("KUSHIM_JIRA_LOG_LEVEL"))

        loaded = try load(yaml, credentials: credentials, in: scratch)
        #expect(loaded.configuration.log.level == .warning)
        #expect(source("log.level", loaded) == .credential(path: scratch.path + "/kushim_jira_log_level"))

        loaded = try load(yaml, in: scratch)
        #expect(loaded.configuration.log.level == .critical)
        #expect(source("log.level", loaded) == .configurationFile(path: scratch.path + "/config.yaml", line: 2))

        loaded = try load(in: scratch)
        #expect(loaded.configuration.log.level == .info)
        #expect(source("log.level", loaded) == .byDefault)
    }

    @Test func anEmptyVariableIsNotSet() throws {
        let scratch = try Scratch()
        let loaded = try load(
            "jira:\n  email: a@b.c\n  api_token: x\n  domain: acme.atlassian.net\n", environment: ["JIRA_EMAIL": ""],
            in: scratch)
        #expect(source("jira.email", loaded) == .configurationFile(path: scratch.path + "/config.yaml", line: 2))
    }

    @Test func aSecretMayBeAFileAndLosesOneLineBreakAtItsEnd() throws {
        let scratch = try Scratch()
        let path = try scratch.file("token", "s3cret\n")
        let base = ["JIRA_DOMAIN": "acme.atlassian.net", "JIRA_EMAIL": "a@b.c"]
        func token(_ loaded: LoadedConfiguration) -> String? {
            loaded.configuration.jira.connection?.apiToken?.reveal()
        }
        #expect(
            token(try load(environment: base.merging(["JIRA_API_TOKEN_FILE": path]) { $1 }, in: scratch)) == "s3cret")
        #expect(
            token(try load(environment: base, credentials: ["jira_api_token": "s3cret\n"], in: scratch)) == "s3cret")
        #expect(token(try load("jira:\n  api_token_file: \(path)\n", environment: base, in: scratch)) == "s3cret")
    }

    @Test(arguments: ["two\nlines", "nul\0byte", "s3cret\n\n", " "])
    func tokensThatCannotBeTokensAreRefused(_ token: String) throws {
        let scratch = try Scratch()
        let path = try scratch.file("token", token)
        #expect(throws: InvalidConfiguration.self) {
            try load(
                environment: ["JIRA_DOMAIN": "acme.atlassian.net", "JIRA_EMAIL": "a@b.c", "JIRA_API_TOKEN_FILE": path],
                in: scratch)
        }
    }

    @Test func aSecretGivenTwiceOrFromNowhereIsAProblem() throws {
        let scratch = try Scratch()
        let path = try scratch.file("token", "t")
        let twice = ["JIRA_WEBHOOK_SECRET": "a", "JIRA_WEBHOOK_SECRET_FILE": path]
        #expect(throws: InvalidConfiguration.self) { try load(environment: twice, in: scratch) }
        let nowhere = ["JIRA_WEBHOOK_SECRET_FILE": scratch.path + "/none"]
        #expect(throws: InvalidConfiguration.self) { try load(environment: nowhere, in: scratch) }
    }

    @Test func secretsAreMaskedEverywhere() throws {
        let scratch = try Scratch()
        let environment = [
            "JIRA_DOMAIN": "acme.atlassian.net", "JIRA_EMAIL": "a@b.c", "JIRA_API_TOKEN": "visible-1",
            "DATABASE_URL": "postgresql://u:visible-2@db/x",
            "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/visible-3",
        ]
        let loaded = try load(environment: environment, in: scratch)
        var dumped = ""
        dump(loaded, to: &dumped)
        #expect(!dumped.contains("visible"))
        #expect(!"\(loaded)".contains("visible"))
        let token = try #require(loaded.settings.first { $0.key == "jira.api_token" })
        #expect(token.shownValue == "•••")
        #expect(token.isSet)
        #expect(loaded.settings.first { $0.key == "jira.pat" }?.shownValue == "-")
    }

    @Test func aFileWithSecretsThatAllCanReadIsWorthAWarning() throws {
        let scratch = try Scratch()
        let yaml = "jira:\n  webhook_secret: abc\n"
        let open = try scratch.file("open.yaml", yaml, mode: 0o644)
        let closed = try scratch.file("closed.yaml", yaml, mode: 0o640)
        let harmless = try scratch.file("harmless.yaml", "worker:\n  concurrency: 3\n", mode: 0o644)
        #expect(try LoadedConfiguration.load(path: open, environment: [:]).warnings.count == 1)
        #expect(try LoadedConfiguration.load(path: closed, environment: [:]).warnings == [])
        #expect(try LoadedConfiguration.load(path: harmless, environment: [:]).warnings == [])
    }

    @Test func aMisspeltVariableIsWorthAWarning() throws {
        let scratch = try Scratch()
        let loaded = try load(environment: ["JIRA_DOMIAN": "acme.atlassian.net"], in: scratch)
        #expect(
            loaded.warnings == [
                "the environment variable JIRA_DOMIAN is not known and has no effect; did you mean JIRA_DOMAIN?"
            ])
    }

    @Test func aJiraIsConfiguredOnlyWhenSomethingNamesIt() throws {
        let scratch = try Scratch()
        #expect(try load(in: scratch).configuration.jira.connection == nil)
        #expect(try load(environment: ["JIRA_TYPE": "cloud"], in: scratch).configuration.jira.connection == nil)
        let environment = ["JIRA_BASE_URL": "http://127.0.0.1:8080/jira/", "JIRA_PAT": "t"]
        let jira = try load(environment: environment, in: scratch).configuration.jira.connection
        #expect(jira?.baseURL == "http://127.0.0.1:8080/jira/")
    }

    @Test func aPastedAddressIsUnderstoodAndSaidSo() throws {
        let scratch = try Scratch()
        let environment = [
            "JIRA_DOMAIN": "https://acme.atlassian.net/jira/projects", "JIRA_EMAIL": "a@b.c", "JIRA_API_TOKEN": "t",
        ]
        let loaded = try load(environment: environment, in: scratch)
        #expect(loaded.warnings.count == 1)
        #expect(loaded.warnings.first?.contains("https://acme.atlassian.net") == true)
    }
}
