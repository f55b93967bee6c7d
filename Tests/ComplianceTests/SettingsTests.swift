import HTTP
import Jira
import TestSupport
import Testing

@testable import Compliance

@Suite("Settings of a customer")
struct CustomerSettingsTests {
    private var base: ComplianceConfiguration {
        var base = ComplianceConfiguration(actor: "test")
        base.tickets.project = "COMP"
        base.tickets.labels = ["compliance"]
        base.slack.webhook = Secret("https://hooks.slack.com/services/T0/B0/secret")
        return base
    }

    @Test("A merge patch changes what it names, null goes back to the default")
    func patch() throws {
        let patch: JSONValue = [
            "tickets": ["project": "ACME", "labels": nil, "priorities": ["high": "P1"]],
            "sla": ["due": ["high": "3d"], "calendar": "business"],
            "slack": ["channels": ["critical": "https://hooks.slack.com/services/T0/B1/other"]],
        ]
        let settings = try CustomerSettings(base, patch: patch)
        #expect(settings.tickets.project == "ACME")
        #expect(settings.tickets.labels == ["compliance", "soc2"])
        #expect(settings.tickets.priorities == [.critical: "Highest", .high: "P1", .medium: "Medium", .low: "Low"])
        #expect(settings.sla.due(for: .high) == .days(3) && settings.sla.due(for: .critical) == .days(1))
        #expect(settings.sla.calendar == .business)
        #expect(settings.slack.webhook(for: .critical)?.reveal() == "https://hooks.slack.com/services/T0/B1/other")
        #expect(settings.slack.webhook(for: .low)?.reveal() == "https://hooks.slack.com/services/T0/B0/secret")
    }

    @Test(
        "Merges as RFC 7396 has it",
        arguments: [
            (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
            (#"{"a":"b"}"#, #"{"a":null}"#, "{}"), (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
            (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
            (#"{"a":"b"}"#, #"["c"]"#, #"["c"]"#), (#"{"e":null}"#, #"{"a":1}"#, #"{"a":1,"e":null}"#),
            (#"[1,2]"#, #"{"a":"b","c":null}"#, #"{"a":"b"}"#),
            ("{}", #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
        ])
    func rfc(target: String, patch: String, result: String) throws {
        let merged = try JSONValue(parsing: target).merged(with: JSONValue(parsing: patch))
        #expect(merged == (try JSONValue(parsing: result)))
    }

    private static let unusable: [(JSONValue, String)] = [
        (["sla": ["due": ["high": "soon"]]], "sla.due.high"),
        (["tickets": ["minimum_severity": "awful"]], "tickets.minimum_severity"),
        (["slack": ["channels": ["urgent": "https://hooks.slack.com/x"]]], "slack.channels.urgent"),
        (["slack": ["channels": ["high": 7]]], "slack.channels.high"),
        (["slack": "https://hooks.slack.com/x"], "slack"),
        (["tickets": ["isue_type": "Bug"]], "tickets.isue_type: unknown key; did you mean issue_type?"),
        (["ticket": ["project": "ACME"]], "ticket: unknown key; did you mean tickets?"),
        (
            ["tickets": ["rules": [["match": ["controls": "X"]]]]],
            "tickets.rules[0].match.controls: unknown key; did you mean"
        ),
        (
            ["tickets": ["rules": [["integration": "AWS"]]]],
            "tickets.rules[0].integration: unknown key; it belongs under match"
        ),
        (
            ["tickets.project": "ACME"],
            #"tickets.project: a dot does not lead into a section; write {"tickets": {"project": ...}}"#
        ),
        (["tickets": ["labels": [nil]]], "tickets.labels[0]: a value is expected, not null"),
        (["tickets": ["rules": [nil]]], "tickets.rules[0]: a value is expected, not null"),
        (
            ["tickets": ["rules": [["match": ["integration": ["AWS", 5]]]]]],
            "tickets.rules[0].match.integration[1]: a text is expected"
        ),
        (["sla": ["alerts": [75]]], #"sla.alerts[0]: "75" is not a threshold"#),
        (["tickets": ["quiet_for": true]], #"tickets.quiet_for: "true" is not a duration"#),
        (["labels": ["soc2"]], "labels: unknown key; it belongs under tickets"),
        (["tickets": ["zebra": nil]], "tickets.zebra: unknown key; known under tickets: project, "),
        (["tickets": ["issue_type": 7]], "tickets.issue_type: a text is expected"),
        (["tickets": ["labels": "one"]], "tickets.labels: a list is expected"),
        (["tickets": ["rules": [["project": ["A"]]]]], "tickets.rules[0].project: a text is expected"),
        (["tickets": ["label_integration": "yes"]], "tickets.label_integration: true or false is expected"),
        (["tickets": ["per_hour": 0]], "tickets.per_hour: 0 is out of range"),
        (["tickets": ["per_hour": 1.5]], "tickets.per_hour: a whole number is expected"),
        (
            ["tickets": ["minimum_severity": "hgh"]],
            #"tickets.minimum_severity: "hgh" is not one of critical, high, medium, low; did you mean high?"#
        ),
        (
            ["tickets": ["rules": [["match": ["severity": ["high", "urgent"]]]]]],
            #"tickets.rules[0].match.severity[1]: "urgent" is not one of critical, high, medium, low; use one of them"#
        ),
        (["sla": ["calendar": "lunar"]], #"sla.calendar: "lunar" is not one of calendar, business"#),
        (["slack": ["webhook_url": "hooks.slack.com/x"]], "slack.webhook_url: is not an https URL"),
        (
            ["slack": ["channels": ["high": "http://hooks.slack.com.example/x"]]],
            "slack.channels.high: is not an https URL"
        ),
        (["tickets": "COMP"], "tickets: a map is expected"), (["sla": ["time_zone": 1]], "sla.time_zone: a text"),
        (
            ["sla": ["time_zone": "UTC+2"]],
            #"sla.time_zone: "UTC+2" would be taken for a zone west of Greenwich; use a name such as Europe/Berlin"#
        ),
        (["recheck": ["on_resolved": "no"]], "recheck.on_resolved: true or false is expected"),
    ]

    @Test("What cannot be used is named, and no secret with it", arguments: unusable)
    func errors(patch: JSONValue, path: String) throws {
        do {
            _ = try CustomerSettings(base, patch: patch)
            Issue.record("taken")
        } catch {
            #expect("\(error)".hasPrefix(path), "\(error)")
            #expect(!"\(error)".contains("hooks.slack.com"))
        }
    }

    @Test("A paused customer's jobs wait, and so do those of one whose settings are broken")
    func waiting() async throws {
        try await TestDatabase.with { database in
            _ = try await database.query(
                """
                INSERT INTO kushim_jira.connections (customer_id, settings, paused)
                VALUES ('paused', '{}', true), ('broken', '{"sla": {"due": {"high": 7}}}', false)
                """)
            let directory = CustomerDirectory(pool: database.pool, base: base)
            for (customer, words) in [("paused", "kushim-jira connections resume paused"), ("broken", "sla.due.high")] {
                do {
                    _ = try await directory.settings(of: customer)
                    Issue.record("taken")
                } catch let notNow as NotNow {
                    #expect(notNow.reason.contains(words), "\(notNow.reason)")
                }
            }
            #expect(try await directory.settings(of: "another").tickets.project == "COMP")
        }
    }

    @Test(
        "Templates are parsed once for all customers without settings of their own, and once for each change of another's"
    )
    func parsedOnce() async throws {
        try await TestDatabase.with { database in
            func settings(_ value: String) async throws {
                _ = try await database.query(
                    """
                    INSERT INTO kushim_jira.connections (customer_id, settings) VALUES ('acme', '\(value)')
                    ON CONFLICT (customer_id) DO UPDATE SET settings = excluded.settings
                    """)
            }
            _ = try await database.query("INSERT INTO kushim_jira.connections (customer_id) VALUES ('empty')")
            try await settings(#"{"tickets": {"project": "ACME"}}"#)
            var base = base
            base.settingsFreshness = .zero
            let directory = CustomerDirectory(pool: database.pool, base: base)
            // Kept until the end, so that no address is given twice.
            var read: [CustomerSettings] = []
            func parse(_ customer: String) async throws -> UInt {
                read.append(try await directory.settings(of: customer))
                return read[read.count - 1].parsedTemplate
            }
            let common = try await parse("empty")
            for number in 0..<100 { #expect(try await parse("customer \(number)") == common) }
            let own = try await parse("acme")
            #expect(own != common)
            #expect(try await parse("acme") == own, "read again, and the same as before")
            try await settings(#"{"tickets": {"project": "OTHER"}}"#)
            let changed = try await parse("acme")
            #expect(changed != own && read.last?.tickets.project == "OTHER")
            try await settings("{}")
            #expect(try await parse("acme") == common)
        }
    }
}

extension CustomerSettings {
    /// Where the parsed description stands in memory: the same for settings that share it.
    fileprivate var parsedTemplate: UInt {
        planner.description.blocks.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
    }
}
