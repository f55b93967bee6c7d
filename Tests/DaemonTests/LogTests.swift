import Foundation
import Glibc
import HTTP
import Logging
import Synchronization
import Testing

@testable import Daemon

@Suite struct LogTests {
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
        var text: String { all.withLock { $0.joined() } }
    }

    private func log(
        _ style: LogLine.Style, level: Logger.Level = .info, secrets: [Secret] = [], _ body: (Logger) -> Void
    ) -> String {
        let lines = Lines()
        let sink = LogSink(style: style, level: level) { line in lines.all.withLock { $0.append(line) } }
        sink.conceal(secrets)
        body(Logger(label: "test") { StandardErrorLogHandler(label: $0, sink: sink) })
        return lines.text
    }

    @Test func journalLinesCarryThePriorityAndSortedFields() {
        let text = log(.journal) {
            $0.error(
                "ticket refused", metadata: ["job.id": "7", "customer": "acme", "reason": "no \"priority\" field"])
        }
        #expect(text == "<3>ticket refused customer=acme job.id=7 reason=\"no \\\"priority\\\" field\"\n")
    }

    @Test(arguments: [LogLine.Style.journal, .text(isColored: false), .text(isColored: true), .json])
    func noValueCanForgeALineOrDriveTheTerminal(_ style: LogLine.Style) {
        let evil = "x\n<0>kernel panic\r\u{2028}\u{1b}[2J\u{202e}"
        let text = log(style) { $0.info("message \(evil)", metadata: ["reason": "\(evil)", "k\ney": "v"]) }
        #expect(text.filter { $0 == "\n" }.count == 1)
        #expect(text.hasSuffix("\n"))
        #expect(!text.unicodeScalars.contains("\u{2028}"))
        #expect(!text.unicodeScalars.contains("\u{202e}"))
        #expect(!text.contains("\u{1b}[2J"))
    }

    @Test func jsonLinesAreJSON() throws {
        let text = log(.json) { $0.warning("slow", metadata: ["a": "1\n\"2\"", "level": "forged"]) }
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(object["level"] as? String == "warning")
        #expect(object["message"] as? String == "slow")
        #expect((object["metadata"] as? [String: String])?["a"] == "1\n\"2\"")
    }

    @Test func knownSecretsAreBlottedOut() {
        let text = log(.journal, secrets: [Secret("tok-abcdef-123")]) {
            $0.info("answer", metadata: ["body": "bad token tok-abcdef-123!"])
        }
        #expect(text == "<6>answer body=\"bad token •••!\"\n")
    }

    @Test func theLevelIsSharedAndCanChange() {
        let lines = Lines()
        let sink = LogSink(style: .journal, level: .info) { line in lines.all.withLock { $0.append(line) } }
        let logger = Logger(label: "test") { StandardErrorLogHandler(label: $0, sink: sink) }
        logger.debug("one")
        sink.level = .debug
        logger.debug("two")
        #expect(lines.text == "<7>two\n")
    }

    @Test func theJournalIsKnownByItsSocket() {
        var status = stat()
        fstat(STDERR_FILENO, &status)
        let stream = "\(status.st_dev):\(status.st_ino)"
        #expect(LogLine.Style.chosen(.text, ["JOURNAL_STREAM": stream]) == .journal)
        #expect(LogLine.Style.chosen(.json, ["JOURNAL_STREAM": stream]) == .json)
        #expect(LogLine.Style.chosen(.text, ["JOURNAL_STREAM": "1:1", "NO_COLOR": "1"]) == .text(isColored: false))
    }
}

/// Secrets of the configuration do not reach the log by way of foreign messages.
@Suite struct ConcealedSecretTests {
    @Test(arguments: [
        ("postgresql://u:p%40ssword1@db:5432/x?sslmode=require", ["p%40ssword1", "p@ssword1"]),
        ("host=db password='two words' user=u", ["two words"]), ("host=db password=hunter2xx user=u", ["hunter2xx"]),
        ("postgresql:///x?password=in-query", ["in-query"]), ("host=db dbname=x", []),
    ])
    func databasePasswordsAreFound(_ conninfo: String, _ expected: [String]) {
        #expect(Set(Secret(conninfo).conninfoPasswords.map { $0.reveal() }) == Set(expected))
    }

    @Test func allSecretsOfTheConfigurationAreKnown() throws {
        let environment = [
            "DATABASE_URL": "postgresql://u:pass-word-1@db/x", "JIRA_WEBHOOK_SECRET": "hook-secret-2",
        ]
        let loaded = try LoadedConfiguration.load(path: nil, environment: environment, defaultPath: "/nonexistent")
        #expect(Set(loaded.secrets.map { $0.reveal() }).isSuperset(of: ["pass-word-1", "hook-secret-2"]))
    }
}
