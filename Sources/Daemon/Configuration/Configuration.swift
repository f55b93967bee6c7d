import Compliance
import HTTP
import Logging
import Postgres

/// Everything the operator can decide, with defaults filled in. One section of the file, one type.
struct Configuration: Sendable {
    /// Equal for equal settings; of secrets, only whether they are set counts.
    var digest = ""
    var log: LogSettings
    var database: DatabaseSettings
    var worker: WorkerSettings
    var http: HTTPSettings
    var retention: RetentionSettings
    var jira: JiraSection
    var network: NetworkSettings
    var compliance: TicketsSection
    var slack: SlackSettings
    var recheck: RecheckSettings
    var kushim: KushimSettings
    var encryption: EncryptionSettings

    init(_ reader: inout SettingsReader) {
        log = LogSettings(&reader)
        database = DatabaseSettings(&reader)
        worker = WorkerSettings(&reader)
        http = HTTPSettings(&reader)
        retention = RetentionSettings(&reader)
        jira = JiraSection(&reader, lease: worker.lease)
        network = NetworkSettings(&reader)
        let kushim = KushimSettings(&reader)
        compliance = TicketsSection(&reader, appURL: kushim.appURL)
        slack = SlackSettings(&reader)
        recheck = RecheckSettings(&reader)
        self.kushim = kushim
        encryption = EncryptionSettings(&reader)
    }
}

struct LogSettings: Sendable {
    enum Format: String, CaseIterable, Sendable { case text, json }

    var level: Logger.Level
    var format: Format

    init(_ reader: inout SettingsReader) {
        level = reader.value(
            "log.level", variable: "KUSHIM_JIRA_LOG_LEVEL",
            .oneOf(Logger.Level.self, aliases: ["warn": .warning, "fatal": .critical]), default: .info)
        format = reader.value("log.format", variable: "KUSHIM_JIRA_LOG_FORMAT", .oneOf(Format.self), default: .text)
    }
}

struct DatabaseSettings: Sendable {
    /// A libpq URI or conninfo string, a secret since it may hold a password; nil leaves libpq to its own `PG*` variables.
    var conninfo: Secret?

    init(_ reader: inout SettingsReader) {
        conninfo = reader.secret("database.url", variable: "DATABASE_URL")
        if let conninfo, !PostgresConfiguration.canRead(conninfo.reveal()) {
            reader.report(
                "database.url", "is no connection string that libpq can read",
                remedy: "write a URI (postgresql://user@host/database) or keywords (host=... user=... dbname=...)")
        }
    }
}

struct WorkerSettings: Sendable {
    /// Jobs in hand at once in this process.
    var concurrency: Int
    /// The fallback when no notification comes.
    var pollInterval: Duration
    /// A worker silent for this long has lost its jobs.
    var lease: Duration
    var shutdownGrace: Duration
    var maxAttempts: Int

    init(_ reader: inout SettingsReader) {
        concurrency = reader.value("worker.concurrency", .integer(in: 1...4096), default: 64)
        pollInterval = reader.value(
            "worker.poll_interval", .duration(in: .milliseconds(100)...(.seconds(3_600))), default: .seconds(5))
        lease = reader.value("worker.lease", .duration(in: .seconds(5)...(.seconds(3_600))), default: .seconds(30))
        shutdownGrace = reader.value(
            "worker.shutdown_grace", .duration(in: .zero...(.seconds(3_600))), default: .seconds(25))
        maxAttempts = reader.value("worker.max_attempts", .integer(in: 1...1_000), default: 25)
    }
}

struct HTTPSettings: Sendable {
    var listen: ListenAddress

    init(_ reader: inout SettingsReader) {
        listen = reader.value("http.listen", .listenAddress, default: .address(host: "127.0.0.1", port: 9464))
    }
}

struct RetentionSettings: Sendable {
    var completed: Duration
    var discarded: Duration

    init(_ reader: inout SettingsReader) {
        let range = Duration.zero...(.seconds(100 * 365 * 86_400))
        completed = reader.value("retention.completed", .duration(in: range), default: .seconds(30 * 86_400))
        discarded = reader.value("retention.discarded", .duration(in: range), default: .seconds(365 * 86_400))
    }
}

struct SlackSettings: Sendable {
    /// Where alerts go that have no channel of their own. The URL is the secret.
    var webhookURL: Secret?
    /// Per severity (`critical`, `high`, `medium`, `low`).
    var channels: [String: Secret] = [:]

    init(_ reader: inout SettingsReader) {
        webhookURL = Self.webhook(&reader, "slack.webhook_url", variable: "SLACK_WEBHOOK_URL")
        for severity in ["critical", "high", "medium", "low"] {
            channels[severity] = Self.webhook(&reader, "slack.channels.\(severity)")
        }
    }

    private static func webhook(_ reader: inout SettingsReader, _ key: String, variable: String? = nil) -> Secret? {
        guard let url = reader.secret(key, variable: variable) else { return nil }
        guard WebhookAddress.isUsable(url.reveal()) else {
            reader.report(
                key, "is not an https URL",
                remedy: "use the whole webhook URL as Slack shows it, https://hooks.slack.com/services/...")
            return nil
        }
        return url
    }
}

struct RecheckSettings: Sendable {
    var onResolved: Bool

    init(_ reader: inout SettingsReader) {
        onResolved = reader.value("recheck.on_resolved", .flag, default: true)
    }
}

/// The Kushim platform itself.
struct KushimSettings: Sendable {
    /// Base of the links to evidence in tickets.
    var appURL: String
    var apiURL: String?
    var apiToken: Secret?
    /// The platform's own `ENCRYPTION_KEY`, to read its rows.
    var encryptionKey: Secret?

    init(_ reader: inout SettingsReader) {
        appURL = reader.value(
            "kushim.app_url", variable: "KUSHIM_APP_URL", .webAddress, default: "https://app.kushim.io")
        apiURL = reader.optional("kushim.api_url", variable: "KUSHIM_API_URL", .webAddress)
        apiToken = reader.secret("kushim.api_token", variable: "KUSHIM_API_TOKEN")
        encryptionKey = reader.secret("kushim.encryption_key", variable: "KUSHIM_ENCRYPTION_KEY")
        if apiURL == nil, apiToken != nil {
            reader.report("kushim.api_token", "there is a token but no address", remedy: "set KUSHIM_API_URL too")
        }
    }
}
