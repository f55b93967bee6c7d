import Foundation
import TestSupport
import Testing

@testable import Daemon

@Suite("What is null is as if it were absent")
struct NullKeysTests {
    /// A file in which each of the keys stands, dots for sections, and holds what is written.
    private static func yaml(_ keys: [String], _ value: String) -> String {
        var lines: [String] = []
        var open: [Substring] = []
        for path in keys.map({ $0.split(separator: ".") }) {
            let shared = zip(open, path).prefix { $0 == $1 }.count
            for (depth, step) in path.enumerated().dropFirst(shared) {
                let isLast = depth == path.count - 1
                lines.append(String(repeating: "  ", count: depth) + "\(step):" + (isLast ? " \(value)" : ""))
            }
            open = path
        }
        return lines.joined(separator: "\n") + "\n"
    }

    @Test("Every setting of the configuration file, and every section", arguments: ["", "~", "null"])
    func settings(written: String) throws {
        let scratch = try Scratch()
        func load(_ text: String) throws -> [String] {
            let loaded = try LoadedConfiguration.load(path: try scratch.file("config.yaml", text), environment: [:])
            return loaded.warnings + loaded.settings.map { "\($0.key) \($0.shownValue) \($0.source)" }
        }
        let standard = try load("{}")
        let keys = try LoadedConfiguration.load(path: try scratch.file("empty.yaml", "{}"), environment: [:]).settings
            .map(\.key)
        #expect(keys.count > 70)
        let withFiles = keys + ["jira.api_token_file", "slack.webhook_url_file"]
        #expect(try load(Self.yaml(withFiles.sorted(), written)) == standard)
        #expect(try load(Self.yaml(Set(keys.map { String($0.prefix { $0 != "." }) }).sorted(), written)) == standard)
        #expect(
            try load("tickets: {fields: {customfield_10001: \(written.isEmpty ? "~" : written)}}")
                == load("tickets: {fields: {}}"))
    }

    @Test("render prints the same request, text and reasons", arguments: ["request", "text", "explain"])
    func render(format: String) async throws {
        let scratch = try Scratch()
        let path = try scratch.file(
            "config.yaml",
            """
            tickets:
              project: COMP
              summary: "[{controlId}] {framework|none} {account} {account.id|none} {extra} {resource|upper}"
              description: |
                {framework}
                - {account}
                *{extra|n/a}*
              fields: {customfield_1: "{account}", customfield_2: {a: "{extra}", b: null}}
            """)
        let arguments = format == "explain" ? ["--explain"] : ["--format", format]
        let required = #""controlId": "A", "controlTitle": "t", "severity": "high", "failureReason": "r""#
        let whole = #"{\#(required), "detectedAt": "2026-01-15T10:30:00Z", "account": {"name": "n"}}"#
        let nulls = #"""
            {\#(required), "detectedAt": "2026-01-15T10:30:00Z", "account": {"name": "n", "id": null}, "account.name": null,
             "framework": null, "extra": null, "resource": null, "integration": null, "evidenceId": null, "evidenceUrl": null,
             "affectedSystems": null, "checkId": null}
            """#
        for environment in [[:], ["JIRA_BASE_URL": "https://jira.acme.com", "JIRA_TYPE": "server", "JIRA_PAT": "t"]] {
            var printed: [BuiltProgram.Outcome] = []
            for payload in [whole, nulls] {
                printed.append(
                    try await BuiltProgram.run(
                        ["render", "--config", path] + arguments, environment: environment, input: payload))
            }
            #expect(printed[0].status == 0 && !printed[0].output.isEmpty)
            #expect(printed[0].output == printed[1].output && printed[0].error == printed[1].error)
        }
    }
}
