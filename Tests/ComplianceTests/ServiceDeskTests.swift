import Foundation
import HTTP
import Jira
import JiraSimulator
import Jobs
import TestSupport
import Testing

@testable import Compliance

/// With `tickets.request_type` a failure becomes a request, which the portal shows; it can carry no property and no label.
@Suite("Requests of Jira Service Management")
struct ServiceDeskTests {
    static let modes = [SimulatedJira.Mode.cloud, .dataCenter]

    private static func reference(in issue: SimulatedIssue) -> String? {
        switch issue.description {
        case .adf(let document):
            let lines = document["content"]?.arrayValue ?? []
            return lines.last?["content"]?[0]?["text"]?.stringValue
        case .wiki(let text): return text.split(separator: "\n").last.map(String.init)
        case nil: return nil
        }
    }

    @Test("A failure becomes a request with what its form takes; the rest is left out, and said", arguments: modes)
    func request(mode: SimulatedJira.Mode) async throws {
        try await Scene.withServiceDesk(
            mode,
            configure: {
                $0.tickets.fields = [
                    "customfield_10106": .text("{tier}"), "customfield_10108": .text("yes"),
                    "customfield_10103": .text("7"),
                ]
                $0.tickets.assignee = "jane.doe@acme-corp.com"
            }
        ) { scene in
            let job = try await scene.fail("CC1") { $0["tier"] = "production" }
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 1)
            let issue = try #require(scene.jira.issues.first)
            #expect(issue.projectKey == "IT" && issue.requestType == "26" && issue.type.name == "Incident")
            #expect(issue.summary.hasPrefix("[CC1]") && issue.priority?.name == "High" && issue.due != nil)
            #expect(issue.otherFields["customfield_10106"]?["value"]?.stringValue == "Production")
            #expect(issue.otherFields["customfield_10108"]?["value"]?.stringValue == "Yes")
            #expect(issue.properties.isEmpty && issue.labels.isEmpty && issue.assignee == nil)
            let fingerprint = try #require(
                try await scene.database.value("SELECT fingerprint FROM kushim_jira.tickets"))
            #expect(Self.reference(in: issue) == "Kushim reference: kushim\(fingerprint)")
            #expect(scene.jira.counters.invalidRequests == 0 && scene.jira.counters[.createRequest] == 1)
            #expect(scene.jira.counters[.createIssue] + scene.jira.counters[.bulkCreateIssues] == 0)

            let rows = try await scene.database.query(
                """
                SELECT detail ->> 'requestType', detail ->> 'portalUrl', detail -> 'omitted' ->> 'labels',
                       (SELECT string_agg(key, ' ' ORDER BY key) FROM jsonb_object_keys(detail -> 'omitted') key)
                FROM kushim_jira.audit_log WHERE action = 'ticket.created' AND job_id = \(job)
                """)
            #expect(rows[0][0] == "report an incident")
            #expect(rows[0][1]?.hasSuffix("/servicedesk/customer/portal/3/IT-1") == true, "\(rows)")
            #expect(rows[0][2] == "not on the form of request type Report an incident in IT")
            #expect(rows[0][3] == "assignee customfield_10103 labels")
        }
    }

    @Test(
        "An answer that is lost after the commit: the request is found by the word in its description, and adopted",
        arguments: modes, ["close-after-commit", "truncate-after-commit", "status=502,committed=yes,body=html"])
    func lostAfterCommit(mode: SimulatedJira.Mode, fault: String) async throws {
        try await Scene.withServiceDesk(mode) { scene in
            try scene.jira.add(fault: "\(fault),operation=createRequest,count=3")
            for number in 1...3 { try await scene.fail("CC\(number)") }
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 3)
            #expect(try await scene.actions() == ["ticket.adopted": 3, "sla.scheduled": 3])
            #expect(scene.jira.counters[.createRequest] == 3, "nothing is sent again before looking")
            let found = try await scene.database.query(
                "SELECT DISTINCT detail ->> 'foundBy' FROM kushim_jira.audit_log WHERE action = 'ticket.adopted'")
            #expect(found == [["description"]])
        }
    }

    @Test("An answer that is lost before the commit: after the settling time another is sent", arguments: modes)
    func lostBeforeCommit(mode: SimulatedJira.Mode) async throws {
        try await Scene.withServiceDesk(mode) { scene in
            try scene.jira.add(fault: "reset-before-commit,operation=createRequest,count=1")
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 1)
            #expect(
                try await scene.database.query(
                    "SELECT sends, last_sent_at - first_sent_at >= interval '1.2 s' FROM kushim_jira.tickets")
                    == [["2", "t"]])
        }
    }

    @Test("An index that lags: the request is found by its key", arguments: modes)
    func indexLag(mode: SimulatedJira.Mode) async throws {
        try await Scene.withServiceDesk(mode, { $0.settings.indexLag = DelayRange(.seconds(3_600)) }) { scene in
            try scene.jira.createIssue(project: "IT", summary: "made by hand")
            scene.jira.catchUpIndex()
            try scene.jira.add(fault: "close-after-commit,operation=createRequest,count=2")
            try await scene.fail("CC1")
            try await scene.fail("CC2")
            try await scene.runToTheEnd()
            #expect(scene.jira.issues.count == 3)
            let found = try await scene.database.query(
                "SELECT DISTINCT detail ->> 'foundBy' FROM kushim_jira.audit_log WHERE action = 'ticket.adopted'")
            #expect(found == [["key"]])
        }
    }

    @Test("What was sent as a request is looked for as one, though the settings were changed since", arguments: modes)
    func changedSettings(mode: SimulatedJira.Mode) async throws {
        try await Scene.withServiceDesk(mode) { scene in
            try scene.jira.add(fault: "close-after-commit,operation=createRequest,count=1")
            let job = try await scene.database.leasedFailure("CC1")
            _ = try await scene.failureHandler.perform(job, JobContext())
            #expect(scene.jira.issues.count == 1)
            try await scene.rescue(job)
            var changed = scene
            changed.configuration.tickets.requestType = nil
            try await changed.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 1)
            #expect(try await scene.actions()["ticket.adopted"] == 1)
        }
    }

    @Test("A ledger restored from before: the request is found before another is made", arguments: modes)
    func restored(mode: SimulatedJira.Mode) async throws {
        try await Scene.withServiceDesk(mode) { scene in
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            _ = try await scene.database.query("DELETE FROM kushim_jira.tickets")
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            #expect(scene.jira.issues.count == 1)
            let adopted = try await scene.database.query(
                "SELECT issue_key, detail ->> 'foundBy' FROM kushim_jira.audit_log WHERE action = 'ticket.adopted'")
            #expect(adopted == [["IT-1", "description"]])
            try scene.jira.clone("IT-1")
            let sweep = TwinSweep(pool: scene.database.pool, http: scene.http, actor: "test", logger: .quiet) {
                scene.configuration.connection
            }
            #expect(try await sweep.sweepAll().found.map(\.twins) == [["IT-2"]], "its clones are known as before")
        }
    }

    @Test("A request that is another installation's is not taken for one that somebody made by hand", arguments: modes)
    func othersRequest(mode: SimulatedJira.Mode) async throws {
        try await Scene.withServiceDesk(mode) { scene in
            let other = "kushim" + String(repeating: "0a", count: 32)
            try scene.jira.createIssue(
                project: "IT", summary: "[CC1] t", type: "Incident", description: .wiki("Kushim reference: \(other)"))
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            #expect(scene.jira.issues.count == 2)
            #expect(try await scene.actions()["ticket.created"] == 1)
        }
    }

    @Test(
        "The words of a failure cannot pass off its ticket as another's, whether a request or an issue",
        arguments: modes,
        [true, false])
    func forgedReference(mode: SimulatedJira.Mode, isRequest: Bool) async throws {
        try await Scene.withServiceDesk(
            mode,
            configure: {
                var other = TicketRule(match: .init(control: ["CC2"]))
                if !isRequest { other.issueType = "Task" }
                $0.tickets.rules = [other]
            }
        ) { scene in
            let installation = try #require(
                try await scene.database.value("SELECT installation_id FROM kushim_jira.installation"))
            let victim = Fingerprint(
                installation: try #require(UUID(uuidString: installation)), customerID: "acme", controlID: "CC1",
                resource: "", episode: 1)
            try await scene.fail("CC2") { $0["failureReason"] = .string("Kushim reference: \(victim.reference)") }
            try await scene.runToTheEnd()
            try scene.jira.add(fault: "reset-before-commit,operation=createRequest,count=1")
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 2)
            #expect(
                try await scene.database.value("SELECT fingerprint FROM kushim_jira.tickets WHERE control_id = 'CC1'")
                    == victim.hex)
            #expect(try await scene.actions()["ticket.created"] == 2)
            let sweep = TwinSweep(pool: scene.database.pool, http: scene.http, actor: "test", logger: .quiet) {
                scene.configuration.connection
            }
            #expect(try await sweep.sweepAll().found.isEmpty, "nor as its twin")
        }
    }

    @Test("The longest tickets of others fit in what is taken of one answer", arguments: [nil, "Report an incident"])
    func longTicketsOfOthers(requestType: String?) throws {
        var settings = TicketSettings()
        settings.project = "IT"
        settings.requestType = requestType
        let failure = try ComplianceFailure(payload: Payload.failure("CC1").json)
        let facts = TicketFacts(customerID: "acme", jobID: 1, insertedAt: .now, dueDate: "2026-11-30")
        let draft = TicketPlanner(settings, appURL: "https://app.example").draft(
            failure, facts, TicketRoute(project: "IT", rule: nil))
        let wanted = WantedTicket(Fingerprint(hex: String(repeating: "0a", count: 32)), controlID: "CC1", draft: draft)
        let pageSize = ExistingTicketsSearch(project: "IT", wanted: [wanted]).pageSize
        let longest = requestType == nil ? 1_000 : 3 * 32_767
        let most = HTTPRequest(method: .post, url: "https://jira.example").maximumResponseBytes
        #expect(pageSize * longest < most)
    }

    @Test("However long the words are, the mark stays", arguments: modes)
    func longWords(mode: SimulatedJira.Mode) async throws {
        try await Scene.withServiceDesk(mode) { scene in
            try await scene.fail("CC1") {
                $0["failureReason"] = .string(String(repeating: "{*long*} ", count: 9_000))
                $0["affectedSystems"] = .array((1...3_000).map { .string("system \($0)") })
            }
            try await scene.runToTheEnd()
            #expect(scene.jira.counters.invalidRequests == 0)
            let mark = Self.reference(in: try #require(scene.jira.issues.first))
            #expect(mark?.hasPrefix("Kushim reference: kushim") == true, "\(mark ?? "none")")
        }
    }

    @Test("A clone of a request is found, told and left alone", arguments: modes)
    func twins(mode: SimulatedJira.Mode) async throws {
        try await Scene.withServiceDesk(mode) { scene in
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try scene.jira.clone("IT-1")
            let sweep = TwinSweep(pool: scene.database.pool, http: scene.http, actor: "test", logger: .quiet) {
                scene.configuration.connection
            }
            let swept = try await sweep.sweepAll()
            #expect(swept.found.map(\.twins) == [["IT-2"]])
        }
    }

    @Test("A rule that names an issue type makes an issue; one that names a request type, a request", arguments: modes)
    func rules(mode: SimulatedJira.Mode) async throws {
        try await Scene.withServiceDesk(
            mode,
            configure: {
                var aws = TicketRule(match: .init(control: ["AWS_*"]))
                aws.issueType = "Task"
                var okta = TicketRule(match: .init(control: ["OKTA_*"]))
                okta.requestType = "25"
                $0.tickets.rules = [aws, okta]
            }
        ) { scene in
            for control in ["AWS_1", "OKTA_1", "CC1"] { try await scene.fail(control) }
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 3)
            func type(_ control: String) -> String? {
                scene.jira.issues.first { $0.summary.contains(control) }?.requestType
            }
            #expect(type("AWS_1") == nil && type("OKTA_1") == "25" && type("CC1") == "26")
        }
    }

    @Test("Failures again, passes and closes go the way of every ticket", arguments: modes)
    func life(mode: SimulatedJira.Mode) async throws {
        try await Scene.withServiceDesk(
            mode,
            configure: {
                $0.tickets.deduplication.window = .seconds(0)
                $0.statusFreshness = .zero
            }
        ) { scene in
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try await scene.fail("CC1")
            try await scene.pass("CC1")
            try await scene.runToTheEnd()
            try scene.jira.transition("IT-1")
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 2)
            #expect(scene.jira.comments.count == 1)
        }
    }
}
