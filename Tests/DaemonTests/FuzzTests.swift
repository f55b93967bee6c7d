import Foundation
import Jira
import TestSupport
import Testing

@testable import Compliance
@testable import Daemon

/// Configuration files and payloads as a slip of the hand, a bad merge or an enemy leaves them: each ends in an error that says
/// where it is, or in a ticket that Jira can take.
@Suite struct FuzzTests {
    private static let configuration = """
        worker: {concurrency: 64, lease: 30s}
        jira:
          settling_time: 2m
        tickets:
          project: COMP
          issue_type: Task
          minimum_severity: medium
          summary: "[{controlId}] {controlTitle|none} - {severity|upper}"
          description: |
            *Control:* {controlId} `{resource}`
            1. [View Evidence](https://app.kushim.io/evidence/{evidenceId})
            • {affectedSystems}
            ## Why
            {failureReason}
          labels: [compliance, "{framework}"]
          priorities: {critical: Highest, high: High}
          fields:
            customfield_10001: "{controlId}"
            customfield_10002: {option: "{framework}"}
            customfield_10003: {options: "{affectedSystems}"}
          disabled_controls: ["OKTA_*"]
          rules:
            - match: {integration: AWS, severity: [high, critical]}
              project: INFRA
              components: [Security]
          deduplication: {enabled: true, window: 24h}
          quiet_for: 90d
        sla:
          due: {critical: 1d, high: 7d}
          alerts: ["75%", "24h", 0h]
        slack:
          channels: {critical: "https://hooks.slack.com/services/x"}
        """

    private static let payload = """
        {"controlId": "AWS_IAM_MFA", "controlTitle": "IAM MFA Enforcement", "severity": "high", \
        "failureReason": "6 users without MFA", "framework": "SOC 2", "evidenceId": "ev-42", "integration": "AWS", \
        "evidenceUrl": "https://app.kushim.io/e/1", "detectedAt": "2026-01-15T10:30:00Z", "resource": "123", \
        "affectedSystems": ["aws:1", "aws:2"], "nested": {"a": [1, 2.5, null, true]}}
        """

    @Test(.serialized, arguments: 1...4 as ClosedRange<UInt64>)
    func `ten thousand of them end well`(seed: UInt64) async throws {
        let scratch = try Scratch()
        var random = SeededRandom(seed: seed)
        var settings = ExampleSettings.tickets
        var (tickets, wrongFiles, wrongPayloads) = (0, 0, 0)
        for round in 0..<2_500 {
            // The other tests have only so many threads.
            await Task.yield()
            let yaml = random.mutated(Self.configuration)
            let path = try scratch.file("\(round).yaml", yaml)
            do {
                settings = try LoadedConfiguration.load(path: path, environment: [:]).configuration.compliance.tickets
            } catch {
                wrongFiles += 1
                check(error, path, yaml, seed)
            }
            try FileManager.default.removeItem(atPath: path)

            let text = random.mutated(Self.payload)
            do {
                let failure = try ComplianceFailure(payload: text)
                if try check(settings, failure, seed) { tickets += 1 }
            } catch let error as PayloadError {
                wrongPayloads += 1
                #expect(!error.description.isEmpty, "seed \(seed): \(text)")
            }
        }
        // Mutations that always break everything, or never anything, would test nothing.
        #expect(tickets > 200 && wrongFiles > 200 && wrongPayloads > 200)
    }

    private func check(_ error: InvalidConfiguration, _ path: String, _ yaml: String, _ seed: UInt64) {
        #expect(!error.problems.isEmpty, "seed \(seed)")
        for problem in error.problems {
            let namesLine = problem.place.wholeMatch(of: /(.*):\d+/).map { $0.1 == path } ?? false
            let isOfSomethingMissing = problem.place != path && !problem.place.hasPrefix(path)
            #expect(namesLine || isOfSomethingMissing, "seed \(seed): \(problem.line)\n\(yaml)")
            #expect(!problem.message.isEmpty, "seed \(seed): \(problem.line)")
        }
    }

    /// - Returns: whether it became a ticket.
    private func check(_ settings: TicketSettings, _ failure: ComplianceFailure, _ seed: UInt64) throws -> Bool {
        let facts = TicketFacts(
            customerID: "acme", jobID: 7, insertedAt: Date(timeIntervalSince1970: 1_768_473_000),
            dueDate: "2026-01-22", fingerprint: Fingerprint(hex: String(repeating: "0123456789abcdef", count: 4)))
        let planner = TicketPlanner(settings)
        #expect(!planner.explain(failure, facts).isEmpty)
        guard case .create(let draft) = planner.plan(failure, facts) else { return false }
        for deployment in [JiraConnection.Deployment.cloud, .dataCenter] {
            let fields = draft.createFields(for: deployment)
            let text = JSONValue.object(fields).serialized()
            #expect(try JSONValue(parsing: text) == .object(fields), "seed \(seed)")
            let summary = try #require(fields["summary"]?.stringValue)
            #expect(
                !summary.isEmpty && summary.utf16.count <= 255 && !summary.contains(where: \.isNewline), "seed \(seed)")
            let labels = fields["labels"]?.arrayValue?.compactMap(\.stringValue) ?? []
            #expect(labels.contains("kushim-0123456789abcdef0123"), "seed \(seed)")
            #expect(
                labels.allSatisfy { !$0.isEmpty && $0.utf16.count <= 255 && !$0.contains(where: \.isWhitespace) },
                "seed \(seed): \(labels)")
            let description = try #require(fields["description"])
            let length = description.stringValue ?? description.description
            #expect(length.utf16.count <= 32_767, "seed \(seed)")
        }
        return true
    }
}

private enum ExampleSettings {
    static var tickets: TicketSettings {
        var settings = TicketSettings()
        settings.project = "COMP"
        return settings
    }
}

extension SeededRandom {
    /// The text after a few accidents; one in six stays as it is.
    fileprivate mutating func mutated(_ text: String) -> String {
        var scalars = Array(text.unicodeScalars)
        for _ in 0..<Int.random(in: 0...5, using: &self) { mutate(&scalars) }
        return String(String.UnicodeScalarView(scalars))
    }

    private mutating func mutate(_ scalars: inout [Unicode.Scalar]) {
        guard !scalars.isEmpty else { return }
        let start = Int.random(in: 0..<scalars.count, using: &self)
        let end = min(scalars.count, start + Int.random(in: 1...12, using: &self))
        switch Int.random(in: 0..<7, using: &self) {
        case 0: scalars.removeSubrange(start..<end)
        case 1: scalars.insert(contentsOf: scalars[start..<end], at: start)
        case 2: scalars.replaceSubrange(start..<end, with: Array(hostileText().unicodeScalars))
        case 3: scalars.insert(contentsOf: Array(hostileText().unicodeScalars), at: start)
        case 4: scalars[start] = scalars[Int.random(in: 0..<scalars.count, using: &self)]
        case 5:
            let tokens = [
                "\n", "\t", ": ", "- ", "[", "{", "\"", "null", "-1", "99999999999999999999", "1e400", "&a", "*a",
                "\\u0000", "\\ud800",
            ]
            scalars.insert(contentsOf: Array((tokens.randomElement(using: &self) ?? "").unicodeScalars), at: start)
        default:
            if Int.random(in: 0..<8, using: &self) == 0 { scalars.removeSubrange(start...) }
        }
    }
}
