import Foundation
import Testing

@testable import Compliance
@testable import Jira

@Suite struct TicketsSettingsTests {
    private func decode<Value: Decodable>(_ type: Value.Type = Value.self, _ json: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(json.utf8))
    }

    @Test func `nothing written means the defaults`() throws {
        #expect(try decode(TicketSettings.self, "{}") == TicketSettings())
        #expect(try decode(SLASettings.self, #"{"due":null}"#) == SLASettings())
        #expect(SLASettings().alerts.map(\.description) == ["75%", "24h", "0h"])
    }

    @Test func `what is written replaces its default alone`() throws {
        let settings = try decode(
            TicketSettings.self,
            """
            {"project":"SEC","minimum_severity":"high","priorities":{"low":"Trivial"},"label_integration":false,
             "deduplication":{"comment":"daily"},"quiet_for":"30d","per_hour":20,"disabled_controls":["X_*"],
             "fields":{"customfield_1":"{controlId}","customfield_2":{"option":"{framework}"},
                       "customfield_3":{"options":"{affectedSystems}"},"customfield_4":{"name":"group"},"customfield_5":5},
             "rules":[{"match":{"integration":"AWS","severity":["high","critical"]},"project":"INFRA","components":"Cloud"}]}
            """)
        var expected = TicketSettings()
        expected.project = "SEC"
        expected.minimumSeverity = .high
        expected.priorities[.low] = "Trivial"
        expected.labelIntegration = false
        expected.deduplication.comment = .daily
        expected.quietFor = .days(30)
        expected.perHour = 20
        expected.disabledControls = ["X_*"]
        expected.fields = [
            "customfield_1": .text("{controlId}"), "customfield_2": .option("{framework}"),
            "customfield_3": .options(["{affectedSystems}"]), "customfield_4": .json(["name": "group"]),
            "customfield_5": .json(5),
        ]
        var rule = TicketRule(match: .init(integration: ["AWS"], severity: [.high, .critical]))
        rule.project = "INFRA"
        rule.components = ["Cloud"]
        expected.rules = [rule]
        #expect(settings == expected)
        #expect(
            try decode(TicketSettings.self, String(decoding: JSONEncoder().encode(settings), as: UTF8.self)) == settings
        )
    }

    @Test(arguments: [
        (#"{"minimum_severity":"urgent"}"#, "urgent"), (#"{"priorities":{"urgent":"P1"}}"#, "urgent"),
        (#"{"quiet_for":"30"}"#, "30"),
        (#"{"quiet_for":30}"#, #""30" is not a duration"#), (#"{"labels":"x"}"#, "labels"),
        (#"{"rules":[{"match":{"severity":"bad"}}]}"#, "bad"),
    ])
    func `what is impossible is an error that shows it`(json: String, part: String) {
        let error = #expect(throws: DecodingError.self) { try decode(TicketSettings.self, json) }
        #expect(String(reflecting: error).contains(part))
    }

    @Test(arguments: [("10s", 10), ("5m", 300), ("24h", 86_400), ("7d", 604_800), ("0h", 0)])
    func `spans are read and written as they are`(text: String, seconds: Int64) throws {
        let span = try Span(text)
        #expect(span.seconds == seconds)
        #expect(span.description == text)
        #expect(try decode(Span.self, "\"\(text)\"") == span)
    }

    @Test(arguments: ["", "h", "5", "-5m", "+5m", "5 m", "1.5h", "5w", "5M", "1h30m", "٣d", "99999999999d", "36526d"])
    func `what is no span is an error that tells what is one`(text: String) {
        let error = #expect(throws: SpanError.self) { try Span(text) }
        #expect(error?.description.contains("such as 10s, 5m, 24h, 7d or 0h") == true)
    }

    @Test(arguments: [
        ("AWS_*", "aws_iam_mfa", true), ("AWS_*", "GITHUB_AWS_", false), ("*", "", true), ("?", "é", true),
        ("a*b*c", "aXbYbZc", true),
        ("a*b*c", "aXbY", false), ("CC6.1", "CC6x1", false), ("", "x", false), ("**", "x", true), ("*a", "aaab", false),
    ])
    func `globs`(glob: String, text: String, expected: Bool) {
        #expect(Glob(glob).matches(text) == expected)
    }

    @Test func `a glob takes no exponential time`() {
        #expect(!Glob(String(repeating: "*a", count: 50) + "b").matches(String(repeating: "a", count: 2_000)))
    }
}
