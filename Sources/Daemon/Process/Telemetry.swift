import Metrics
import FoundationEssentials
import HTTP
import Logging

/// The logs and metrics of the process, set up once at its start.
struct Telemetry: Sendable {
    let log: LogSink
    let metrics: MetricsRegistry
    private let process: ProcessMetrics

    /// Makes `Logger(label:)` and `Counter(label:)` everywhere in the process end here. Call it once, from `run`.
    static func bootstrap(_ loaded: LoadedConfiguration, environment: [String: String]) -> Telemetry {
        let telemetry = Telemetry(
            log: logSink(loaded, environment: environment), metrics: MetricsRegistry(), process: ProcessMetrics())
        let sink = telemetry.log
        LoggingSystem.bootstrap { StandardErrorLogHandler(label: $0, sink: sink) }
        MetricsSystem.bootstrap(telemetry.metrics)
        let build = [("version", BuildVersion.number), ("swift", BuildVersion.swift)]
        Gauge(label: "build_info", dimensions: build).record(1)
        telemetry.noteReload(loaded)
        return telemetry
    }

    /// Logs without metrics, for commands that do one thing and end.
    static func logger(_ loaded: LoadedConfiguration, environment: [String: String]) -> Logger {
        let sink = logSink(loaded, environment: environment)
        return Logger(label: "kushim-jira") { StandardErrorLogHandler(label: $0, sink: sink) }
    }

    /// What changes with the configuration: the level, the secrets to keep out, and the time it was read.
    func noteReload(_ loaded: LoadedConfiguration) {
        log.level = loaded.configuration.log.level
        log.conceal(loaded.secrets)
        Gauge(label: "config_last_reload_success_timestamp_seconds", factory: metrics)
            .record(Date.now.timeIntervalSince1970)
    }

    /// The body of `/metrics`.
    func exposition() -> String {
        metrics.render() + process.render()
    }

    private static func logSink(_ loaded: LoadedConfiguration, environment: [String: String]) -> LogSink {
        let settings = loaded.configuration.log
        let sink = LogSink(style: .chosen(settings.format, environment), level: settings.level)
        sink.conceal(loaded.secrets)
        return sink
    }
}
