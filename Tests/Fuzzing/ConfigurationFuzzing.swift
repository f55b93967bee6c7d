import Foundation
import Glibc
import HTTP
import Jira

@testable import Compliance
@testable import Daemon

/// A file and, behind a NUL byte, environment variables: each wrong setting is told with its place, and no message holds a secret.
/// What begins with a brace is tried as a customer's own settings too.
enum ConfigurationFuzzing {
    /// Stands for itself in a URL and in a header. A variable's text has `PASSWORD` where it goes.
    private static let secret = "xK7-vQ2zW9mTr4bN"
    private static let path = "/dev/shm/kushim-jira-fuzz.\(getpid()).yaml"

    private static let secretVariables: Set = [
        "DATABASE_URL", "HTTPS_PROXY", "JIRA_API_TOKEN", "JIRA_PASSWORD", "JIRA_PAT", "JIRA_WEBHOOK_SECRET",
        "JIRA_OAUTH_CLIENT_SECRET", "KUSHIM_API_TOKEN", "KUSHIM_ENCRYPTION_KEY", "KUSHIM_JIRA_ENCRYPTION_KEY",
        "SLACK_WEBHOOK_URL",
    ]

    static func take(_ bytes: [UInt8]) {
        let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
        let yaml = Array(parts[0])
        guard !String(decoding: bytes, as: UTF8.self).contains(secret) else { return }
        guard FileManager.default.createFile(atPath: path, contents: Data(yaml)) else {
            return demand(false, "\(path) can be written")
        }
        defer { unlink(path) }
        let environment = parts.count > 1 ? environment(String(decoding: parts[1], as: UTF8.self)) : [:]
        load(environment)
        if yaml.first == UInt8(ascii: "{") { patch(String(decoding: yaml, as: UTF8.self)) }
    }

    /// A file that is named by a variable is not the fuzzer's to choose: it might never end.
    private static func environment(_ text: String) -> [String: String] {
        var environment: [String: String] = [:]
        for line in text.split(separator: "\n") {
            guard let equals = line.firstIndex(of: "=") else { continue }
            let name = String(line[..<equals])
            guard !name.hasSuffix("_FILE"), name != "KUSHIM_JIRA_CONFIG", name != "CREDENTIALS_DIRECTORY" else {
                continue
            }
            let value = String(line[equals...].dropFirst())
            environment[name] = secretVariables.contains(name) ? value.replacing("PASSWORD", with: secret) : value
        }
        return environment
    }

    private static func load(_ environment: [String: String]) {
        do {
            let loaded = try LoadedConfiguration.load(path: path, environment: environment)
            check(loaded.warnings + loaded.settings.map { "\($0.key) \($0.shownValue) \($0.source)" })
            tell(loaded.configuration.compliance.tickets)
        } catch {
            demand(!error.problems.isEmpty, "what is wrong is told")
            for problem in error.problems {
                demand(!problem.message.isEmpty && !problem.place.isEmpty, "a problem has a place: \(problem)")
                demand(!problem.line.contains(where: \.isNewline), "a problem is one line: \(problem)")
            }
            check(error.problems.map(\.line))
        }
    }

    /// Settings that were taken make tickets that Jira takes.
    private static func tell(_ settings: TicketSettings) {
        if case .create(let draft) = TicketPlanner(settings).plan(failure, PayloadFuzzing.facts) {
            PayloadFuzzing.check(draft)
        }
    }

    private static let failure: ComplianceFailure = {
        let payload = """
            {"controlId": "AWS_IAM_MFA", "controlTitle": "IAM MFA Enforcement", "severity": "critical", "framework": "SOC 2", \
            "failureReason": "6 users without MFA", "integration": "AWS", "affectedSystems": ["aws:1", "aws:2"]}
            """
        do { return try ComplianceFailure(payload: payload) } catch { fatalError("\(error)") }
    }()

    private static func check(_ lines: [String]) {
        for line in lines { demand(!line.contains(secret), "no message holds a secret: \(line)") }
    }

    private static let base = ComplianceConfiguration(actor: "fuzz")

    private static func patch(_ text: String) {
        do {
            let settings = try CustomerSettings(base, patchText: text)
            let written = try JSONEncoder().encode(settings.tickets)
            let again = try JSONDecoder().decode(TicketSettings.self, from: written)
            demand(again == settings.tickets, "settings that were written read as the same: \(text)")
        } catch let error as SettingsError {
            demand(!"\(error)".isEmpty, "what is wrong is told")
        } catch {
            demand(false, "settings can be written and read again: \(error) of \(text)")
        }
    }
}
