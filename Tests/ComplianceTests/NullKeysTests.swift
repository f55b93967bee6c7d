import Foundation
import Jira
import JiraSimulator
import TestSupport
import Testing

@testable import Compliance

@Suite("An optional key that is null is as if it were absent")
struct NullKeysTests {
    /// A payload with the key as null, and the same without it.
    struct Pair: Sendable, CustomTestStringConvertible {
        let name: String
        let null: [String: JSONValue]
        let absent: [String: JSONValue]
        var testDescription: String { name }
    }

    /// The keys that the code reads as optional, of both kinds of event.
    private static let optionalKeys: [String] = {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources/Compliance/Tickets/Events")
        let texts = ["ComplianceFailure", "CompliancePass"].map {
            (try? String(contentsOf: folder.appending(path: "\($0).swift"), encoding: .utf8)) ?? ""
        }
        return texts.flatMap { text in
            text.matches(of: #/reader\.(?:optional|moment|strings)\("(\w+)"\)/#).map { String($0.output.1) }
        }
    }()

    private static let whole: [String: JSONValue] = [
        "controlId": "CC6.1", "controlTitle": "MFA", "severity": "high", "failureReason": "6 users", "framework": "SOC 2",
        "integration": "AWS", "evidenceId": "ev-1", "evidenceUrl": "https://example.com/e", "resource": "prod",
        "checkId": "c-1", "detectedAt": "2026-01-15T10:30:00Z", "affectedSystems": ["a", "b"], "message": "done",
        "extra": "more", "account": ["id": "7", "name": "main", "owner": ["team": "x"]], "items": [["a": 1]],
    ]

    static let pairs: [Pair] = {
        func changed(_ name: String, _ null: [String: JSONValue], _ absent: [String: JSONValue?]) -> Pair {
            var without = whole
            for (key, value) in absent { without[key] = value }
            return Pair(name: name, null: whole.merging(null) { $1 }, absent: without)
        }
        return Set(optionalKeys + ["extra", "account", "items"]).sorted().map { changed($0, [$0: .null], [$0: nil]) } + [
            changed(
                "account.id", ["account": ["id": .null, "name": "main"]], ["account": ["name": "main"]]),
            changed(
                "account.owner.team", ["account": ["name": "main", "owner": ["team": .null, "lead": "y"]]],
                ["account": ["name": "main", "owner": ["lead": "y"]]]),
            changed("all of account", ["account": ["id": .null, "name": .null]], ["account": [:]]),
            changed("account.name beside account", ["account.name": .null], [:]),
            changed("a key in a list", ["items": [["a": 1, "b": .null], "x"]], ["items": [["a": 1], "x"]]),
        ]
    }()

    private static let settings = ExampleFailure.settings { settings in
        let names = Set(optionalKeys + ["extra", "account", "account.id", "account.name", "account.owner", "items"]).sorted()
        settings.summary = names.map { "{\($0)} {\($0)|none} {\($0)|upper}" }.joined(separator: " ")
        let lines = names.map { "{\($0)}\n*{\($0)}* and {\($0)|n/a}\n\n## {\($0)}\n- {\($0)}\n- [see]({\($0)})\n" }
        settings.description = lines.joined(separator: "\n") + TicketSettings.guidesDescription
        settings.fields = [
            "customfield_10100": .text(names.map { "{\($0)|-}" }.joined()),
            "customfield_10115": .json(.array(names.map { .string("{\($0)}") })),
            "customfield_10200": .json(["a": "{account}", "b": ["c": "{extra}"]]), "customfield_10201": .option("{framework}"),
            "customfield_10202": .options(["{affectedSystems}", "{items}"]), "customfield_10203": .text("{account.owner}"),
        ]
        var rules: [TicketRule] = []
        for (place, match) in [
            TicketRule.Match(integration: ["AWS"], framework: ["SOC*"]), .init(integration: ["*"]), .init(framework: ["*"]),
        ].enumerated() {
            var rule = TicketRule(match: match)
            rule.project = ["COMP", "SEC", "INFRA"][place]
            rules.append(rule)
        }
        settings.rules = rules
    }

    @Test("The events are the same, and the request, its explanation and its warnings by the byte", arguments: pairs)
    func planned(pair: Pair) throws {
        let failures = try [pair.null, pair.absent].map { try ComplianceFailure(payload: $0.json) }
        #expect(failures[0] == failures[1])
        #expect(try CompliancePass(payload: pair.null.json) == CompliancePass(payload: pair.absent.json))
        let planner = TicketPlanner(Self.settings)
        for deployment in [JiraConnection.Deployment.cloud, .dataCenter] {
            var facts = ExampleFailure.facts
            facts.deployment = deployment
            let told = try failures.map { failure in
                guard case .create(let draft) = planner.plan(failure, facts) else { throw ExampleFailure.NoTicket(plan: planner.plan(failure, facts)) }
                return JSONValue.object(draft.createFields(for: deployment)).description + draft.text()
                    + "\(planner.explain(failure, facts))" + "\(planner.warnings(for: failure, facts))"
            }
            #expect(Array(told[0].utf8) == Array(told[1].utf8))
        }
    }

    @Test("The ticket that Jira receives is the same", arguments: GuideTests.modes)
    func tickets(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(
            mode,
            configure: {
                $0.tickets = Self.settings
                $0.tickets.deduplication.enabled = false
                // The time of the insert is each failure's own.
                $0.tickets.description = $0.tickets.description.replacing("{timestamp}", with: "")
            }
        ) { scene in
            var jobs: [(name: String, null: Int64, absent: Int64)] = []
            for pair in Self.pairs {
                jobs.append(
                    (
                        pair.name, try await scene.database.insert("compliance_failure", payload: pair.null.json),
                        try await scene.database.insert("compliance_failure", payload: pair.absent.json)
                    ))
            }
            try await scene.runToTheEnd()
            #expect(scene.jira.issues.count == 2 * Self.pairs.count)
            for job in jobs {
                let issues = try await [job.null, job.absent].asyncMap { id in
                    let key = try await scene.database.value("SELECT issue_key FROM kushim_jira.tickets WHERE job_id = \(id)")
                    return try #require(scene.jira.issues.first { $0.key == key })
                }
                let told = issues.map { issue in
                    [
                        issue.summary, issue.projectKey, "\(issue.labels.filter { !$0.hasPrefix("kushim-") })",
                        "\(issue.due ?? "-")",
                    ] + issue.richFields.sorted { $0.key < $1.key }.map { "\($0.key) \(Self.text($0.value))" }
                        + issue.otherFields.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.text)" }
                }
                #expect(told[0].map { Array($0.utf8) } == told[1].map { Array($0.utf8) }, "\(job.name)")
            }
        }
    }

    private static func text(_ rich: RichText) -> String {
        switch rich {
        case .adf(let document): document.text
        case .wiki(let text): text
        }
    }

    // MARK: - Settings

    /// A setting that is null, for each that is known, and the same without it.
    private static func nulls(in keys: KnownKeys) -> [(null: JSONValue, absent: JSONValue)] {
        var pairs: [(null: JSONValue, absent: JSONValue)] = []
        if keys.isOpen {
            pairs = [
                (["customfield_1": .null], [:]), (["customfield_1": ["option": .null]], [:]),
                (["customfield_1": ["options": .null]], [:]),
                (["customfield_1": ["id": "7", "child": .null]], ["customfield_1": ["id": "7"]]),
            ]
        }
        for name in keys.order {
            pairs.append(([name: .null], [:]))
            guard let child = keys.children[name] else { continue }
            pairs += nulls(in: child).map { (.object([name: $0.null]), .object([name: $0.absent])) }
        }
        if let element = keys.element {
            pairs += nulls(in: element).map { (.array([$0.null]), .array([$0.absent])) }
        }
        return pairs
    }

    @Test("Settings, in the file and in a customer's row")
    func settingsOfEach() throws {
        func check<Section: Codable & Hashable>(_ keys: KnownKeys, _: Section.Type, in name: String) throws {
            let pairs = Self.nulls(in: keys)
            #expect(pairs.count >= keys.order.count)
            let decoder = JSONDecoder()
            for (null, absent) in pairs {
                let sections = try [null, absent].map { value in
                    try decoder.decode(Section.self, from: Data(value.serialized()))
                }
                #expect(sections[0] == sections[1], "\(null)")
                try KnownKeys.customers.check(.object([name: null]))
                // In a patch over the defaults null means the default, which is what is absent from the file.
                let base = ComplianceConfiguration(actor: "test")
                let own = try [null, absent].map { try CustomerSettings(base, patch: .object([name: $0])) }
                #expect(own[0].tickets == own[1].tickets && own[0].sla == own[1].sla, "\(null)")
            }
        }
        try check(TicketSettings.knownKeys, TicketSettings.self, in: "tickets")
        try check(SLASettings.knownKeys, SLASettings.self, in: "sla")
    }
}

extension Sequence {
    fileprivate func asyncMap<Result>(_ body: (Element) async throws -> Result) async throws -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await body(element)) }
        return results
    }
}
