import Compliance
import Foundation
import Jira
import Postgres
import Testing

@testable import Daemon

@Suite struct NotationTests {
    @Test(arguments: [
        ("10s", Duration.seconds(10)), ("5m", .seconds(300)), ("24h", .seconds(86_400)), ("7d", .seconds(604_800)),
        ("0h", .zero), ("1h30m", .seconds(5_400)), ("250ms", .milliseconds(250)),
    ])
    func durationsRead(_ text: String, _ expected: Duration) {
        #expect(Duration(notation: text) == expected)
        #expect(Duration(notation: expected.notation) == expected)
    }

    @Test(arguments: ["", "10", "s", "-5s", "5 s", "1.5h", "5w", "9999999999d", "٣s"])
    func durationsRefused(_ text: String) {
        #expect(Duration(notation: text) == nil)
    }

    @Test(arguments: [
        ("127.0.0.1:9464", ListenAddress.address(host: "127.0.0.1", port: 9464)),
        ("[::1]:9464", .address(host: "::1", port: 9464)), (":9464", .address(host: "0.0.0.0", port: 9464)),
        ("off", .off), ("localhost:0", .address(host: "localhost", port: 0)),
    ])
    func listenAddressesRead(_ text: String, _ expected: ListenAddress) throws {
        let address = try ListenAddress(reading: text)
        #expect(address == expected)
        #expect(address.description == text)
    }

    @Test(arguments: ["9464", "::1:9464", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:70000", "http://x:1/"])
    func listenAddressesRefused(_ text: String) {
        #expect(throws: UnfitValue.self) { try ListenAddress(reading: text) }
    }

    @Test(arguments: [
        ("concurency", "concurrency"), ("poll_intervall", "poll_interval"), ("leaes", "lease"), ("zebra", nil),
    ])
    func nearestWordIsSuggestedOnlyWhenNear(_ typed: String, _ expected: String?) {
        #expect(nearestWord(to: typed, among: ["concurrency", "poll_interval", "lease"]) == expected)
    }

    @Test func tablesAlignByTerminalColumnsAndCutWhatShrinks() {
        var table = TerminalTable([.init("KEY"), .init("TEXT", shrinks: true), .init("N", alignsRight: true)])
        table.add(["COMP-1", "漢字", "7"])
        table.add(["COMP-22", "a very long failure reason\nwith a second line", "12"])
        let style = TerminalStyle(isColored: false)
        #expect(
            table.text(width: 24, style: style) == """
                KEY      TEXT          N
                COMP-1   漢字          7
                COMP-22  a very lon…  12

                """)
        #expect(table.text(width: nil, style: style).contains("failure reason\\nwith a second line"))
    }

    @Test func aColumnYieldsBeforeOthersAreCut() {
        var table = TerminalTable([.init("KEY"), .init("TEXT", shrinks: true), .init("ADDRESS", yields: true)])
        table.add(["COMP-1", "twelve words", "https://acme.example/browse/COMP-1"])
        let style = TerminalStyle(isColored: false)
        #expect(table.text(width: 30, style: style) == "KEY     TEXT\nCOMP-1  twelve words\n")
        #expect(table.text(width: nil, style: style).contains("https://acme.example/browse/COMP-1"))
    }

    @Test func aColumnDropsToLinesOfItsOwnAndLosesNothing() {
        var table = TerminalTable([.init("ID", yields: true), .init("ACTION"), .init("DETAIL", drops: true)])
        table.add(["1", "ticket.created", "reason: six users without MFA; rule: production"])
        table.add(["2", "ticket.commented", ""])
        let style = TerminalStyle(isColored: false)
        #expect(
            table.text(width: 24, style: style) == """
                ID  ACTION
                1   ticket.created
                    reason: six users
                    without MFA; rule:
                    production
                2   ticket.commented

                """)
        #expect(table.text(width: 18, style: style).hasPrefix("ACTION\nticket.created\n    reason: six\n"))
        #expect(table.text(width: 80, style: style).contains("ticket.created    reason: six users without MFA; rule"))
    }

    @Test func factsWrapUnderTheirFirstWordAndLoseNothing() {
        var sheet = FactSheet()
        sheet.add("why", "Task in COMP requires Tier\u{1b}[31m and more")
        sheet.add("address", "https://acme.example/a/long/one/that/stays/whole")
        sheet.add("nothing", nil)
        sheet.add("payload", lines: ["a: one two three four five", "b: 1"])
        sheet.add("a name that is longer than others", "value")
        let style = TerminalStyle(isColored: false)
        #expect(
            sheet.text(width: 36, style: style) == #"""
                why      Task in COMP requires
                         Tier\u{1b}[31m and more
                address  https://acme.example/a/long/one/that/stays/whole
                payload  a: one two three four
                           five
                         b: 1
                a name that is longer than others
                         value

                """#)
        #expect(
            sheet.text(width: nil, style: style).contains("why      Task in COMP requires Tier\\u{1b}[31m and more\n"))
    }

    @Test func theDetailOfARecordIsToldInWords() {
        let detail = PostgresJSON(
            text: #"{"sends": 1, "labels": ["a", "b"], "dueDate": "2026-01-31", "rule": "rules[0]", "paused": true,"#
                + #" "omitted": {"priority": "\"P1\" is not one of High, Low"}, "alerts": [{"at": "noon", "threshold": "75%"}]}"#
        )
        #expect(
            AuditWords.lines(detail) == [
                "rule: rules[0]", #"left out priority: "P1" is not one of High, Low"#, "alerts: threshold 75% at noon",
                "due date: 2026-01-31", "labels: a, b", "paused: yes", "sends: 1",
            ])
    }

    @Test func anEmptyListOfARecordIsToldAsNone() {
        #expect(AuditWords.lines(PostgresJSON(text: #"{"gatesTried": []}"#)) == ["gates tried: none"])
    }

    @Test func noTextCommandsATerminalThroughJSON() throws {
        let hostile = "a\u{1b}[2J\u{7f}\u{9b}31m\u{202e}\u{2066}é😀"
        let lines = try [JSONText.line([hostile: hostile]), JSONText.of([hostile])]
        for json in lines {
            let raw = json.unicodeScalars.filter { $0.breaksLines && $0 != "\n" }
            #expect(raw.isEmpty)
        }
        #expect(try JSONDecoder().decode([String: String].self, from: Data(lines[0].utf8)) == [hostile: hostile])
        #expect(try JSONDecoder().decode([String].self, from: Data(lines[1].utf8)) == [hostile])
        #expect(lines[0].contains("é😀"))
    }

    @Test func noProjectsKeyCommandsATerminalThroughCheck() {
        var report = CheckReport()
        report.add("Permissions in X\u{1b}[31m", .skipped("why"))
        #expect(report.text == "- Permissions in X\\u{1b}[31m: why\n")
    }

    @Test func whatIsSetInStaysSetInOnATerminal() {
        let text = "• an entry of two\n  lines\n\n    at main()\nlast"
        #expect(text.wrappedByLine(toTerminalWidth: 80, margin: RenderCommand.margin) == text)
        #expect(
            "  1. some words that are wrapped".wrappedByLine(toTerminalWidth: 26, margin: RenderCommand.margin)
                == "  1. some words that are\n     wrapped")
    }

    @Test func aLongNameIsNotRepeatedForAllThatIsUnderIt() {
        let name = String(repeating: "k", count: 10_000)
        let leaves = JSONObject(Dictionary(uniqueKeysWithValues: (0..<10_000).map { ("a\($0)", 1) }))
        let lines = MaskedSettings.lines([name: .object(leaves), "short": ["a": ["b": "x"]]])
        #expect(lines.count == 2 && lines.last == "short.a.b: x")
        #expect(lines.first?.hasPrefix("\(name): {\"a0\":1,") == true)
    }
}

/// Numbers of settings, of the environment and of the database, at their worst.
@Suite struct ExtremeNumbersTests {
    private static let numbers = [
        "0", "-1", "2147483648", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1e400", "nan",
        "inf",
    ]

    @Test(arguments: numbers)
    func `no setting of a number or a time overflows`(number: String) {
        let integers = SettingFormat<Int>.integer(in: 1...4_096)
        #expect((try? integers.read(number)) == nil)
        let durations = SettingFormat<Duration>.duration(in: .seconds(1)...(.seconds(300)))
        for unit in ["ms", "s", "m", "h", "d"] {
            #expect((try? durations.read(number + unit)) == nil)
            #expect((try? durations.read(String(repeating: "999999999\(unit)", count: 100_000))) == nil)
        }
        #expect(
            (try? ListenAddress(reading: "127.0.0.1:\(number)"))
                == (number == "0" ? .address(host: "127.0.0.1", port: 0) : nil))
    }

    @Test(arguments: numbers)
    func `no width of a terminal overflows`(number: String) {
        #expect(ProcessFacts.columns(number) == nil)
        var table = TerminalTable([.init("TEXT", shrinks: true)])
        table.add([String(repeating: "x", count: 300)])
        #expect(!table.text(width: ProcessFacts.columns("10000"), style: TerminalStyle(isColored: false)).isEmpty)
    }

    @Test func `no length of time or moment is too far to be shown`() {
        for seconds in [0, -1, .nan, .infinity, -.infinity, 1e19, -1e300] {
            #expect(!ShownTime.span(seconds: seconds).isEmpty)
        }
        let ends = [Date.distantPast, .distantFuture, Date(timeIntervalSince1970: 9_224_318_015_999)]
        for moment in ends + [Date(timeIntervalSince1970: -210_866_803_200)] {
            #expect(!ShownTime.instant(moment).isEmpty && !ShownTime.date(moment).isEmpty)
            for calendar in [SLASettings.Counting.calendar, .business] {
                var sla = SLASettings()
                sla.calendar = calendar
                #expect(!RenderedDueDate(start: moment, severity: .low, sla).day.isEmpty)
            }
        }
    }
}
