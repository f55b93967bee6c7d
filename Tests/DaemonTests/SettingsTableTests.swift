@testable import Compliance
import Foundation
import TestSupport
import Testing

@testable import Daemon

/// The README's table of settings says what is so.
@Suite struct SettingsTableTests {
    private struct Row {
        let key: String
        let standard: String
        let example: String
    }

    /// What does not go alone.
    private static let companions: [String: [String: String]] = [
        "jira.domain": ["JIRA_EMAIL": "a@b.c", "JIRA_API_TOKEN": "t"], "jira.base_url": ["JIRA_PAT": "t"],
        "jira.cloud_id": ["JIRA_DOMAIN": "a.atlassian.net", "JIRA_EMAIL": "a@b.c", "JIRA_API_TOKEN": "t"],
        "jira.email": ["JIRA_DOMAIN": "a.atlassian.net", "JIRA_API_TOKEN": "t"],
        "jira.api_token": ["JIRA_DOMAIN": "a.atlassian.net", "JIRA_EMAIL": "a@b.c"],
        "jira.pat": ["JIRA_DOMAIN": "jira.acme.com", "JIRA_TYPE": "server"],
        "jira.username": ["JIRA_DOMAIN": "jira.acme.com", "JIRA_TYPE": "server", "JIRA_PASSWORD": "p"],
        "jira.password": ["JIRA_DOMAIN": "jira.acme.com", "JIRA_TYPE": "server", "JIRA_USERNAME": "u"],
        "jira.oauth.client_id": ["JIRA_OAUTH_CLIENT_SECRET": "s"],
        "kushim.api_token": ["KUSHIM_API_URL": "https://k.io"],
    ]

    private static func readme() throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
    }

    /// `| `key` | type | default | `example` | remark |`
    private static func rows() throws -> [Row] {
        try readme().split(separator: "\n").compactMap { line in
            let cells = line.replacing("\\|", with: "\u{0}").split(separator: "|", omittingEmptySubsequences: false)
                .map { $0.replacing("\u{0}", with: "|").trimmingCharacters(in: .whitespaces) }
            guard cells.count == 7, cells[1].hasPrefix("`"), cells[1].contains(".") else { return nil }
            let text = cells.map { $0.trimmingCharacters(in: ["`"]) }
            return Row(key: text[1], standard: text[3], example: text[4])
        }
    }

    @Test func `has every setting with its default, in the order of config show`() throws {
        let scratch = try Scratch()
        let settings = try LoadedConfiguration.load(path: try scratch.file("empty.yaml", "{}"), environment: [:])
            .settings
        let rows = try Self.rows()
        #expect(rows.map(\.key) == settings.map(\.key))
        for (row, setting) in zip(rows, settings) where setting.key != "tickets.description" {
            #expect(row.standard == setting.value ?? "-", "\(setting.key)")
        }
    }

    @Test func `every example can be written into the file, and has an effect`() throws {
        let scratch = try Scratch()
        for row in try Self.rows() {
            let steps = row.key.split(separator: ".")
            var yaml = ""
            for (depth, step) in steps.enumerated() {
                let indent = String(repeating: "  ", count: depth)
                yaml += "\(indent)\(step):" + (depth == steps.count - 1 ? " \(row.example)\n" : "\n")
            }
            let path = try scratch.file("\(row.key).yaml", yaml)
            do {
                let loaded = try LoadedConfiguration.load(path: path, environment: Self.companions[row.key] ?? [:])
                let shown = loaded.settings.filter { $0.key == row.key || $0.key.hasPrefix(row.key + ".") }
                #expect(!shown.isEmpty, "\(row.key)")
                for setting in shown {
                    guard case .configurationFile = setting.source else {
                        Issue.record("\(yaml)is not what is in force")
                        continue
                    }
                }
            } catch {
                Issue.record("\(yaml)\(error.problems.map(\.line))")
            }
        }
    }

    @Test func `names every key of a rule`() throws {
        let text = try Self.readme()
        let start = try #require(text.range(of: "### Rules"))
        let section = text[start.upperBound...].prefix { $0 != "#" }
        let keys = TicketRule.CodingKeys.allCases.map(\.rawValue) + TicketRule.Match.CodingKeys.allCases.map(\.rawValue)
        for key in keys { #expect(section.contains("`\(key)`"), "\(key)") }
    }

    @Test func `names every variable of a template`() throws {
        let text = try Self.readme()
        for name in TemplateValues.names { #expect(text.contains("`{\(name)}`"), "\(name)") }
    }
}
