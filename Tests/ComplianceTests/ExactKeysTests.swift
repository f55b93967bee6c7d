import Foundation
import Jira
import JiraSimulator
import TestSupport
import Testing

@testable import Compliance

/// The same word, composed (NFC) and decomposed (NFD): one to Swift's `==`, two to PostgreSQL and to Jira.
@Suite("Names that look alike and differ in their bytes are two")
struct ExactKeysTests {
    private static let customers = ["caf\u{E9}", "cafe\u{301}"]
    private static let controls = ["CONTR\u{D4}LE", "CONTRO\u{302}LE"]
    private static let resources = ["", "h\u{F4}te", "ho\u{302}te"]

    private func set(_ settings: String, for customer: String, _ scene: Scene) async throws {
        _ = try await scene.database.query(
            """
            INSERT INTO kushim_jira.connections (customer_id, settings) VALUES ('\(customer)', '\(settings)')
            ON CONFLICT (customer_id) DO UPDATE SET settings = excluded.settings
            """)
    }

    @discardableResult
    private func fail(
        _ customer: String, _ control: String = "CC6.1", _ resource: String = "", in scene: Scene
    ) async throws -> Int64 {
        var payload = Payload.failure(control)
        payload["resource"] = .string(resource)
        return try await scene.database.insert("compliance_failure", payload: payload.json, customer: customer)
    }

    private static func bytes(_ row: [String?]) -> [[UInt8]] { row.map { Array(($0 ?? "").utf8) } }

    @Test(
        "Customers with settings of their own, controls and resources: each has its ticket in its project",
        arguments: GuideTests.modes)
    func mainJob(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode, configure: { $0.settingsFreshness = .seconds(3_600) }) { scene in
            let projects = Array(zip(Self.customers, ["COMP", "SEC"]))
            for (customer, project) in projects {
                try await set(#"{"tickets": {"project": "\#(project)"}}"#, for: customer, scene)
            }
            var expected: Set<[[UInt8]]> = []
            for (customer, project) in projects {
                for control in Self.controls {
                    for resource in Self.resources {
                        expected.insert(Self.bytes([customer, control, resource, project, "2"]))
                    }
                }
            }
            for _ in 1...2 {
                for customer in Self.customers {
                    for control in Self.controls {
                        for resource in Self.resources { try await fail(customer, control, resource, in: scene) }
                    }
                }
                try await scene.runToTheEnd()
            }
            try await scene.expectExactlyOnce(issues: 12)
            let tickets = try await scene.database.query(
                """
                SELECT customer_id, control_id, resource, split_part(issue_key, '-', 1), failure_count FROM kushim_jira.tickets
                """)
            #expect(Set(tickets.map(Self.bytes)) == expected)

            let passed = try await scene.database.value(
                """
                SELECT issue_id FROM kushim_jira.tickets WHERE customer_id = '\(Self.customers[1])'
                  AND control_id = '\(Self.controls[0])' AND resource = ''
                """)
            _ = try await scene.database.insert(
                "compliance_pass", payload: Payload.pass(Self.controls[0]).json, customer: Self.customers[1])
            try await scene.runToTheEnd()
            #expect(scene.jira.comments.map { "\($0.issueID)" } == [passed])
        }
    }

    @Test("The gate that one's settings shut does not hold the other's failures", arguments: GuideTests.modes)
    func gate(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(
            mode,
            configure: {
                $0.tickets.fields = ["customfield_10106": .text("Production")]
                $0.gates.configuration = .seconds(3_600)
            }
        ) { scene in
            try scene.jira.update(project: "COMP") { $0.requiredFields = ["customfield_10106"] }
            try await set(#"{"tickets": {"fields": {"customfield_10106": null}}}"#, for: Self.customers[0], scene)
            try await set(#"{"tickets": {"labels": ["own"]}}"#, for: Self.customers[1], scene)
            let held = try await fail(Self.customers[0], in: scene)
            try await scene.running {
                try await scene.database.wait(for: "SELECT count(*) FROM kushim_jira.gates", toBe: "1")
                let free = try await fail(Self.customers[1], in: scene)
                try await scene.database.wait(
                    for: "SELECT state FROM kushim_jira.job_status WHERE id = \(free)", toBe: "completed")
                #expect(
                    try await scene.database.value("SELECT state FROM kushim_jira.job_status WHERE id = \(held)")
                        == "available")
                #expect(scene.jira.issues.map(\.labels.first) == ["own"])
                let shut = try await scene.database.pool.execute(ListShutGates())
                let site = try #require(scene.configuration.connection).baseURL
                let met = Self.customers.map {
                    ConnectionHindrance.gates(shut, at: site, for: scene.configuration.tickets, of: $0).count
                }
                #expect(met == [1, 0])
            }
        }
    }

    @Test("The cap of one does not hold the other's jobs", arguments: [0, 1])
    func caps(capped: Int) async throws {
        try await Scene.with { scene in
            _ = try await scene.database.query(
                "INSERT INTO kushim_jira.customer_limits (customer_id, at_once) VALUES ('\(Self.customers[capped])', 0)")
            for number in 1...3 {
                for customer in Self.customers { try await fail(customer, "CC\(number)", in: scene) }
            }
            try await scene.running {
                try await eventually("the other's are done") { scene.jira.issues.count == 3 }
            }
            #expect(
                try await scene.database.query(
                    "SELECT customer_id = '\(Self.customers[capped])', count(*) FROM kushim_jira.ready GROUP BY 1")
                    == [["t", "3"]])
        }
    }

    @Test("Settings that change to what looks alike are read anew")
    func changedSettings() async throws {
        try await Scene.with { scene in
            try await scene.running {
                for (number, label) in Self.customers.enumerated() {
                    try await set(#"{"tickets": {"labels": ["\#(label)"]}}"#, for: "acme", scene)
                    try await fail("acme", "CC\(number)", in: scene)
                    try await scene.allFinished()
                }
            }
            let labels = scene.jira.issues.map { Self.bytes([$0.labels.first]) }
            #expect(labels == Self.customers.map { Self.bytes([$0]) })
        }
    }

    @Test("Somebody's issue for the one control is not adopted for the other", arguments: GuideTests.modes)
    func existing(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode) { scene in
            try scene.jira.createIssue(project: "COMP", summary: "by label", labels: [Self.controls[0]])
            try scene.jira.createIssue(project: "COMP", summary: "[\(Self.resources[1])] by summary")
            for control in Self.controls.reversed() + [Self.resources[2], Self.resources[1]] {
                try await fail("acme", control, in: scene)
                try await scene.runToTheEnd()
            }
            let adopted = try await scene.database.query(
                "SELECT control_id FROM kushim_jira.audit_log WHERE action = 'ticket.adopted' ORDER BY id")
            #expect(adopted.map(Self.bytes) == [Self.controls[0], Self.resources[1]].map { Self.bytes([$0]) })
            #expect(scene.jira.issues.count == 4)
        }
    }

    @Test("A template names a key of the payload by its bytes, and a glob a control")
    func templatesAndGlobs() throws {
        let failure = try ComplianceFailure(
            payload: String(ExampleFailure.payload().dropLast()) + #", "\#(Self.customers[0])": "1", "\#(Self.customers[1])": "2"}"#)
        let settings = ExampleFailure.settings {
            $0.summary = "{\(Self.customers[1])} {\(Self.customers[0])}"
        }
        guard case .create(let draft) = TicketPlanner(settings).plan(failure, ExampleFailure.facts) else {
            Issue.record("no ticket")
            return
        }
        #expect(draft.summary == "2 1")
        for (place, control) in Self.controls.enumerated() {
            for pattern in [control, control.lowercased(), "CONTR*" + control.suffix(3)] {
                let matches = Self.controls.map { Glob(pattern).matches($0) }
                #expect(matches == [place == 0, place == 1], "\(pattern)")
            }
        }
        #expect(Self.controls.allSatisfy { Glob("CONTR?LE").matches($0) && Glob("*").matches($0) }, "? is one character")
    }

    /// Dictionaries and sets of texts compare them by canonical equivalence, so what is a customer's, a control's or anything else
    /// that is compared by bytes elsewhere must not be their key.
    @Test("No dictionary or set has plain texts for keys, except where these are names of our own or of Jira's fields")
    func sources() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources")
        var found: Set<String> = []
        for module in ["Jobs", "Compliance"] {
            let folder = root.appending(path: module)
            let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
            for case let file as URL in files where file.pathExtension == "swift" {
                for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                    guard line.contains(#/\[String: |Set<String>|Dictionary<String|grouping: /#),
                        !line.contains("[String: JSONValue]")
                    else { continue }
                    found.insert("\(file.lastPathComponent): \(line.trimmingCharacters(in: .whitespaces))")
                }
            }
        }
        let unexplained = found.filter { line in !Self.named.contains { line.hasPrefix($0.file + ": ") } }
        #expect(unexplained.isEmpty, "use ExactText, or say here why not: \(unexplained.sorted().joined(separator: "\n"))")
        for (file, why) in Self.named {
            #expect(found.contains { $0.hasPrefix(file + ": ") }, "\(file) (\(why)) has none any more")
        }
    }

    private static let fields = "ids of Jira's fields"
    private static let named: [(file: String, why: String)] = [
        ("JobMetrics.swift", "kinds of jobs"), ("Worker.swift", "kinds of jobs"), ("Effect.swift", "names of types"),
        ("KnownKeys.swift", "names of settings"), ("IdleSetting.swift", fields), ("IssueRequest.swift", fields),
        ("RequestFitting.swift", fields + "; what a person is called, as Jira's search takes it"),
        ("TicketRehearsal.swift", fields), ("TicketDraft+Fields.swift", fields), ("TicketDraft.swift", fields),
        ("TicketPlanner.swift", fields), ("TicketSettings.swift", fields), ("SharedCreates.swift", "digits of fingerprints"),
    ]
}
