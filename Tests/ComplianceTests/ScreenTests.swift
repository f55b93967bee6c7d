import Foundation
import Jira
import JiraSimulator
import TestSupport
import Testing

@testable import Compliance

/// What a project takes is learnt before a ticket is sent to it.
@Suite("Create screens")
struct ScreenTests {
    static let modes = [SimulatedJira.Mode.cloud, .dataCenter]

    /// The settings as a customer would write them, and what Jira then has; people are named by the account's id.
    private static let fields: [(id: String, setting: FieldSetting, cloud: JSONValue, dataCenter: JSONValue)] = [
        ("customfield_10100", .text("{controlId}"), "CC1", "CC1"),
        ("customfield_10102", .text("{evidenceUrl}"), "https://e.example/1", "https://e.example/1"),
        ("customfield_10103", .text("{score}"), 7.5, 7.5),
        ("customfield_10104", .text("{detectedAt}"), "2026-01-15", "2026-01-15"),
        (
            "customfield_10105", .text("{detectedAt}"), "2026-01-15T10:30:00.000+0000", "2026-01-15T10:30:00.000+0000"
        ),
        ("customfield_10106", .text("{tier}"), "Production", "Production"),
        ("customfield_10107", .text("{frameworks}"), ["SOC 2", "GDPR"], ["SOC 2", "GDPR"]),
        ("customfield_10108", .option("yes"), "Yes", "Yes"),
        ("customfield_10109", .options(["{areas}", "Compute"]), ["Identity", "Compute"], ["Identity", "Compute"]),
        ("customfield_10110", .text("EMEA > {region}"), "EMEA/eu-west-1", "EMEA/eu-west-1"),
        ("customfield_10111", .text("{owner}"), "5b109f2e9729b51b54dc274d", "jane.doe"),
        ("customfield_10112", .text("{owner}"), ["5b109f2e9729b51b54dc274d"], ["jane.doe"]),
        ("customfield_10113", .text("cloud-team"), "cloud-team", "cloud-team"),
        ("customfield_10115", .text("{frameworks}"), ["SOC-2", "GDPR"], ["SOC-2", "GDPR"]),
        ("customfield_10117", .text("1.0"), "1.0", "1.0"),
    ]

    @Test("Each field is sent as its type wants it, though the settings only say what it holds", arguments: modes)
    func types(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(
            mode,
            configure: { configuration in
                for field in Self.fields { configuration.tickets.fields[field.id] = field.setting }
                configuration.tickets.fields["customfield_10101"] = .text("{failureReason}")
                configuration.tickets.fields["environment"] = .text("{failureReason}")
            }
        ) { scene in
            try await scene.fail("CC1") {
                $0["evidenceUrl"] = "https://e.example/1"
                $0["score"] = 7.5
                $0["detectedAt"] = "2026-01-15T10:30:00Z"
                $0["tier"] = "PRODUCTION"
                $0["frameworks"] = ["SOC 2", "GDPR"]
                $0["areas"] = ["Identity"]
                $0["region"] = "eu-west-1"
                $0["owner"] = "jane.doe@acme-corp.com"
                $0["failureReason"] = "six *users*\n{color:red}without"
            }
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 1)
            let issue = scene.jira.issues[0]
            for field in Self.fields {
                let found = try Self.held(field.id, by: issue)
                #expect(found == (mode == .cloud ? field.cloud : field.dataCenter), "\(field.id)")
            }
            for id in ["customfield_10101", "environment"] {
                let text = "\(try #require(issue.richFields[id]))"
                #expect(text.contains("six") && text.contains("color:red"), "\(text)")
            }
            let omitted = try await scene.database.query(
                "SELECT detail -> 'omitted' FROM kushim_jira.audit_log WHERE detail ? 'omitted'")
            #expect(omitted == [], "the day of detection is long past, and nothing else is wrong")
            #expect(scene.jira.counters.invalidRequests == 0)
        }
    }

    @Test("A number or truth value without quotes is what the field's type makes of it", arguments: modes)
    func withoutQuotes(mode: SimulatedJira.Mode) async throws {
        let fields: [(id: String, setting: FieldSetting, held: JSONValue)] = [
            ("customfield_10100", .json(10_204), "10204"), ("customfield_10103", .json(7), 7.0),
            ("customfield_10115", .json([2_026, true]), ["2026", "true"]),
            ("customfield_10107", .json(["{frameworks}", 7]), ["SOC 2"]),
        ]
        try await Scene.with(
            mode,
            configure: { configuration in for field in fields { configuration.tickets.fields[field.id] = field.setting }
            }
        ) { scene in
            try await scene.fail("CC1") { $0["frameworks"] = "SOC 2" }
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 1)
            for field in fields {
                let found = try Self.held(field.id, by: scene.jira.issues[0])
                #expect(found == field.held, "\(field.id)")
            }
            let omitted = try await scene.database.value(
                "SELECT detail -> 'omitted' ->> 'customfield_10107' FROM kushim_jira.audit_log WHERE detail ? 'omitted'"
            )
            #expect(omitted?.hasPrefix("\"7\" is not one of SOC 2, ") == true)
            #expect(scene.jira.counters.invalidRequests == 0)
        }
    }

    private static func held(_ id: String, by issue: SimulatedIssue) throws -> JSONValue {
        try issue.otherFields[id].map { plain(try JSONValue(parsing: $0.text)) } ?? .null
    }

    /// Options and people as one word each.
    private static func plain(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let elements): return .array(elements.map(plain))
        case .object(let members):
            let name = members["value"] ?? members["accountId"] ?? members["name"] ?? members["key"] ?? .null
            if let child = members["child"]?["value"]?.stringValue {
                return .string("\(name.stringValue ?? "")/\(child)")
            }
            return name
        default: return value
        }
    }

    @Test("A Jira that takes shorter texts gets the description cut, not left out", arguments: modes, [1_500, 6_000])
    func shorterTexts(mode: SimulatedJira.Mode, limit: Int) async throws {
        try await Scene.with(
            mode,
            {
                $0.settings.textLimit = limit
                $0.settings.language = .german
            }
        ) { scene in
            try await scene.fail("CC1") { $0["failureReason"] = .string(String(repeating: "long ", count: 4_000)) }
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 1)
            let text = "\(try #require(scene.jira.issues[0].richFields["description"]))"
            #expect(text.contains("long long") && text.contains("cut: "))
            let omitted = try await scene.database.query(
                "SELECT 1 FROM kushim_jira.audit_log WHERE detail -> 'omitted' ? 'description'")
            #expect(omitted == [])
        }
    }

    @Test("A link that is too long for its field costs the field, not the ticket, nor a request", arguments: modes)
    func longURL(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode, configure: { $0.tickets.fields = ["customfield_10102": .text("{evidenceUrl}")] }) {
            scene in
            try await scene.fail("CC1") {
                $0["evidenceUrl"] = .string("https://e.example/?signature=" + String(repeating: "0", count: 400))
            }
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 1)
            #expect(scene.jira.issues[0].otherFields["customfield_10102"] == nil)
            #expect("\(try #require(scene.jira.issues[0].richFields["description"]))".contains("signature=000"))
            #expect(scene.jira.counters.invalidRequests == 0)
        }
    }

    @Test("Jira fills in what it requires and has a default for, if it does not take our value")
    func requiredWithDefault() async throws {
        try await Scene.with { scene in
            try scene.jira.update(project: "COMP") { $0.requiredFields = ["priority"] }
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try scene.jira.update(project: "COMP") { $0.priorities.removeAll { $0.name == "High" } }
            try await scene.fail("CC2")
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 2)
            #expect(scene.jira.issues.map(\.priority?.name) == ["High", "Medium"])
            #expect(try await scene.actions()["connection.blocked"] == nil)
        }
    }

    @Test("What a field cannot hold is left out, and said with what it could", arguments: modes)
    func misfits(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(
            mode,
            configure: {
                $0.tickets.fields = [
                    "customfield_10103": .text("{controlTitle}"), "customfield_10106": .text("gold"),
                    "customfield_10107": .options(["SOC 2", "SOX"]), "customfield_10102": .text("not a url"),
                    "customfield_99999": .text("x"), "customfield_10110": .text("EMEA > mars"),
                ]
                $0.tickets.components = ["security", "Legal"]
            }
        ) { scene in
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 1)
            let rows = try await scene.database.query(
                """
                SELECT o.key, o.value FROM kushim_jira.audit_log, jsonb_each_text(detail -> 'omitted') o
                WHERE action = 'ticket.created' ORDER BY 1
                """)
            let omitted = Dictionary(uniqueKeysWithValues: rows.map { ($0[0] ?? "", $0[1] ?? "") })
            #expect(
                omitted["customfield_10106"] == "\"gold\" is not one of Production, Staging, Development", "\(omitted)")
            #expect(omitted["customfield_10107"]?.contains("\"SOX\" is not one of") == true)
            #expect(omitted["customfield_10103"]?.hasSuffix("is not a number") == true)
            #expect(omitted["customfield_10102"] == "\"not a url\" is not an absolute URL")
            #expect(omitted["customfield_99999"] == "not on the create screen of Task in COMP")
            #expect(omitted["customfield_10110"] == "\"mars\" is not one of eu-west-1, eu-central-1")
            #expect(omitted["components"] == "\"Legal\" is not one of Security, Infrastructure")
            #expect(omitted.count == 7)
            #expect(scene.jira.counters.invalidRequests == 0)
            #expect(try Self.held("components", by: scene.jira.issues[0]) == ["Security"])
            #expect(try Self.held("customfield_10107", by: scene.jira.issues[0]) == ["SOC 2"])
        }
    }

    @Test(
        "A thousand failures before a new required field cost one probe, and are told the YAML that cures it",
        arguments: modes)
    func requiredField(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode, configure: { $0.gates.freshness = .seconds(10) }) { scene in
            try scene.jira.update(project: "COMP") { $0.requiredFields = ["customfield_10106"] }
            _ = try await scene.database.query(
                """
                INSERT INTO kushim_jira.jobs (kind, customer_id, payload)
                SELECT 'compliance_failure', 'acme', jsonb_build_object('controlId', 'CC' || n, 'controlTitle', 't',
                       'severity', 'high', 'failureReason', 'r') FROM generate_series(1, 1000) n
                """)
            var settled = scene
            settled.configuration.gates.configuration = .seconds(600)
            try await settled.running(slots: 64) {
                try await eventually("all jobs wait") {
                    try await scene.database.value("SELECT count(*) FROM kushim_jira.scheduled WHERE snoozes > 0")
                        == "1000"
                }
            }
            #expect(scene.jira.counters.invalidRequests == 0 && scene.jira.issues.isEmpty)
            #expect(scene.jira.counters[.createIssue] + scene.jira.counters[.bulkCreateIssues] == 0)
            #expect(scene.jira.counters[.createMetaFields] == 1)
            #expect(try await scene.actions() == ["connection.blocked": 1])
            #expect(try await scene.database.value("SELECT count(*) FROM kushim_jira.tickets WHERE sends > 0") == "0")
            let (reason, remedy) = try #require(
                try await scene.database.query(
                    "SELECT detail ->> 'reason', detail ->> 'remedy' FROM kushim_jira.audit_log"
                ).first.map { ($0[0] ?? "", $0[1] ?? "") })
            #expect(reason == "Task in COMP requires Tier (customfield_10106).")
            #expect(remedy.contains(#"`tickets: {fields: {customfield_10106: "Production"}}`"#), "\(remedy)")
            let messages = "SELECT count(*) FROM kushim_jira.jobs WHERE kind = 'notification'"
            #expect(try await scene.database.value(messages) == "1", "one message to the operator")
            let errors = try await scene.database.query(
                "SELECT DISTINCT last_error FROM kushim_jira.job_status WHERE kind = 'compliance_failure'")
            #expect(errors.count == 1 && errors[0][0]?.contains("customfield_10106") == true, "\(errors)")

            // As an operator would: the setting, then a restart, which tries what a person had to mend at once.
            var cured = settled
            cured.configuration.tickets.fields = ["customfield_10106": .text("Production")]
            _ = try await scene.database.pool.execute(ProbeGatesNow())
            _ = try await scene.database.query("UPDATE kushim_jira.scheduled SET run_at = clock_timestamp()")
            try await cured.running(slots: 64) { try await scene.allFinished(within: .seconds(120)) }
            try await scene.expectExactlyOnce(issues: 1000)
            #expect(
                try await scene.database.value("SELECT max(attempt) FROM kushim_jira.job_status") == "1", "none lost")
        }
    }

    @Test("A Jira that answers slowly is asked once by all who meet the same obstacle", arguments: modes)
    func slowAnswer(mode: SimulatedJira.Mode) async throws {
        // Fresh for less time than the answer takes, and for longer than it may take to shut the gate.
        try await Scene.with(
            mode,
            configure: {
                $0.gates.freshness = .seconds(3)
                $0.gates.configuration = .seconds(600)
            }
        ) { scene in
            try scene.jira.update(project: "COMP") { $0.requiredFields = ["customfield_10106"] }
            try scene.jira.add(fault: "delay-before=4s,operation=createMetaFields")
            for number in 1...30 { try await scene.fail("CC\(number)") }
            try await scene.running(slots: 32) {
                try await eventually("all jobs wait") {
                    try await scene.database.value("SELECT count(*) FROM kushim_jira.scheduled WHERE snoozes > 0")
                        == "30"
                }
            }
            #expect(scene.jira.counters[.createMetaFields] == 1)
        }
    }
}
