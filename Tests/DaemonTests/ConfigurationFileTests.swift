import Jira
import Testing

@testable import Daemon

@Suite struct ConfigurationFileTests {
    private let file: ConfigurationFile

    init() throws {
        file = try ConfigurationFile.parse(
            """
            tickets:
              labels: [compliance, "7"]
              per_hour: 7
              label_integration: no
              disabled_controls: [007, 1.5, -3, true, 1.10, 2.0]
              fields:
                customfield_10001: "{controlId}"
              rules:
                - match: {integration: AWS}
                  project: INFRA
                -
                  match:
                    severity: ~
            """, path: "config.yaml")
    }

    @Test func plainScalarsHaveTypesAndQuotedOnesDoNot() throws {
        let tickets = try #require(file.entry(at: "tickets")).value.json
        #expect(tickets["labels"] == .array([.string("compliance"), .string("7")]))
        #expect(tickets["per_hour"] == .integer(7))
        #expect(tickets["label_integration"] == .string("no"))
        #expect(
            tickets["disabled_controls"]
                == .array([.string("007"), .number(1.5), .integer(-3), .bool(true), .string("1.10"), .string("2.0")]))
        #expect(tickets["rules"]?[1]?["match"] == .object(["severity": .null]))
    }

    @Test(arguments: [
        (["per_hour"], 3), (["fields", "customfield_10001"], 7), (["rules", "0", "project"], 10),
        (["rules", "1", "match", "severity"], 13), (["rules", "1", "match", "nothing"], 12), (["nothing"], 2),
    ])
    func everyValueHasItsLine(_ path: [String], _ line: Int) throws {
        #expect(try #require(file.entry(at: "tickets")).value.line(at: path) == line)
    }

    @Test func anchorsAndAliasesWork() throws {
        let file = try ConfigurationFile.parse("a: &x {b: 1}\nc: *x\n", path: "config.yaml")
        #expect(file.entry(at: "c.b")?.value.json == .integer(1))
    }
}
