import FoundationEssentials
import HTTP
import Logging
import Synchronization

/// swift-log's way to standard error. Static messages, sorted metadata, one line an event.
struct StandardErrorLogHandler: LogHandler {
    let label: String
    let sink: LogSink
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    init(label: String, sink: LogSink) {
        self.label = label
        self.sink = sink
    }

    private var ownLevel: Logger.Level?

    /// That of the sink, so that a reload of the configuration changes it everywhere, unless set for this logger.
    var logLevel: Logger.Level {
        get { ownLevel ?? sink.level }
        set { ownLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var merged = metadata
        if let provided = metadataProvider?.get() { merged.merge(provided) { _, new in new } }
        if let own = event.metadata { merged.merge(own) { _, new in new } }
        if let error = event.error, merged["error"] == nil { merged["error"] = "\(error)" }
        let fields = merged.sorted { $0.key < $1.key }.map { (key: $0.key, value: $0.value.description) }
        sink.write(level: event.level, label: label, message: event.message.description, metadata: fields)
    }
}

/// Where log lines end, with the level that lets them through and the secrets that must not get through.
final class LogSink: Sendable {
    private struct State {
        var level: Logger.Level
        var secrets: [(text: String, bytes: [UInt8])] = []
    }

    private let line: LogLine
    private let output: @Sendable (String) -> Void
    private let state: Mutex<State>

    init(
        style: LogLine.Style, level: Logger.Level,
        output: @escaping @Sendable (String) -> Void = { StandardStream.error.write($0) }
    ) {
        self.line = LogLine(style: style)
        self.output = output
        self.state = Mutex(State(level: level))
    }

    var level: Logger.Level {
        get { state.withLock { $0.level } }
        set { state.withLock { $0.level = newValue } }
    }

    /// The last line of defence: a foreign message (Jira's, a library's) that quotes a secret is blotted out.
    /// Short values are left alone; blotting out `test` would make the log unreadable and hide nothing.
    func conceal(_ secrets: [Secret]) {
        let values = secrets.map { $0.reveal() }.filter { $0.utf8.count >= 8 }.sorted { $0.count > $1.count }
        state.withLock { $0.secrets = values.map { ($0, Array($0.utf8)) } }
    }

    func write(level: Logger.Level, label: String, message: String, metadata: [(key: String, value: String)]) {
        let secrets = state.withLock { $0.secrets }
        func concealed(_ text: String) -> String {
            secrets.reduce(text) { $0.holds($1.bytes) ? $0.replacing($1.text, with: "•••") : $0 }
        }
        // One write per line, so lines of different threads do not mix.
        output(
            line.render(
                time: .now, level: level, label: label, message: concealed(message),
                metadata: metadata.map { ($0.key, concealed($0.value)) }))
    }
}

extension String {
    /// Whether these bytes stand in the text. Asked of every value that is logged, where the searching of texts by characters
    /// costs more than all the rest.
    fileprivate func holds(_ needle: [UInt8]) -> Bool {
        guard let first = needle.first, utf8.count >= needle.count else { return false }
        var rest = utf8[...]
        while let place = rest.firstIndex(of: first) {
            rest = rest[place...]
            if rest.starts(with: needle) { return true }
            rest = rest.dropFirst()
        }
        return false
    }
}
