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

    private static func withDesk(
        _ mode: SimulatedJira.Mode, _ options: (inout SimulatedJira.Options) -> Void = { _ in },
        configure: (inout ComplianceConfiguration) -> Void = { _ in },
        _ body: @Sendable (Scene) async throws -> Void
    ) async throws {
        try await Scene.with(
            mode, options,
            configure: {
                $0.tickets.project = "IT"
                $0.tickets.requestType = "report an incident"
                configure(&$0)
            }, body)
    }

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
        try await Self.withDesk(
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
        try await Self.withDesk(mode) { scene in
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
        try await Self.withDesk(mode) { scene in
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
        try await Self.withDesk(mode, { $0.settings.indexLag = DelayRange(.seconds(3_600)) }) { scene in
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
        try await Self.withDesk(mode) { scene in
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
        try await Self.withDesk(mode) { scene in
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            _ = try await scene.database.query("DELETE FROM kushim_jira.tickets")
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            #expect(scene.jira.issues.count == 1)
            let adopted = try await scene.database.query(
                "SELECT issue_key, detail ->> 'foundBy' FROM kushim_jira.audit_log WHERE action = 'ticket.adopted'")
            #expect(adopted == [["IT-1", "description"]])
        }
    }

    @Test("A request that is another installation's is not taken for one that somebody made by hand", arguments: modes)
    func othersRequest(mode: SimulatedJira.Mode) async throws {
        try await Self.withDesk(mode) { scene in
            let other = "kushim" + String(repeating: "0a", count: 32)
            try scene.jira.createIssue(
                project: "IT", summary: "[CC1] t", type: "Incident", description: .wiki("Kushim reference: \(other)"))
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            #expect(scene.jira.issues.count == 2)
            #expect(try await scene.actions()["ticket.created"] == 1)
        }
    }

    @Test("However long the words are, the mark stays", arguments: modes)
    func longWords(mode: SimulatedJira.Mode) async throws {
        try await Self.withDesk(mode) { scene in
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
        try await Self.withDesk(mode) { scene in
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try scene.jira.clone("IT-1")
            let sweep = TwinSweep(pool: scene.database.pool, http: scene.http, logger: .quiet) {
                scene.configuration.connection
            }
            let swept = try await sweep.sweepAll()
            #expect(swept.found.map(\.twins) == [["IT-2"]])
        }
    }

    @Test("A rule that names an issue type makes an issue; one that names a request type, a request", arguments: modes)
    func rules(mode: SimulatedJira.Mode) async throws {
        try await Self.withDesk(
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
        try await Self.withDesk(
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

    // MARK: What keeps requests from being made

    /// What is wrong, and what the waiting jobs and the audit log then say.
    private static let obstacles: [(name: String, reason: String, remedy: String)] = [
        ("no desk", "project IT is no service desk that the account can see", "leave out tickets.request_type"),
        (
            "no such type", "project IT has no request type report an incident",
            "Set tickets.request_type to one of: Get IT help."
        ),
        (
            "required", "request type Report an incident in IT requires Tier (customfield_10106)",
            #"tickets: {fields: {customfield_10106: "Production"}}"#
        ),
        ("no description", "request type Report an incident in IT has no description", "Add the field Description"),
    ]

    @Test(
        "What is wrong is told with its remedy, costs no attempt, and ends when it is mended", arguments: modes, 0..<4)
    func troubles(mode: SimulatedJira.Mode, index: Int) async throws {
        let (name, reason, remedy) = Self.obstacles[index]
        try await Self.withDesk(mode) { scene in
            try scene.jira.update(project: "IT") { project in
                switch name {
                case "no desk": project.serviceDesk = nil
                case "no such type": project.serviceDesk?.requestTypes.removeLast()
                case "required": project.serviceDesk?.requestTypes[1].requiredFields = ["customfield_10106"]
                default: project.serviceDesk?.requestTypes[1].fields.removeAll { $0 == "description" }
                }
            }
            for number in 1...3 { try await scene.fail("CC\(number)") }
            try await scene.running {
                try await eventually("each job says what to do") {
                    let errors = try await scene.database.query(
                        "SELECT last_error FROM kushim_jira.job_status WHERE kind <> 'notification'")
                    return errors.count == 3 && errors.allSatisfy { $0[0]?.contains(remedy) == true }
                }
                let told = try await scene.database.query(
                    "SELECT DISTINCT detail ->> 'reason', detail ->> 'remedy' FROM kushim_jira.audit_log")
                #expect(told.count == 1)
                #expect(told[0][0]?.contains(reason) == true && told[0][1]?.contains(remedy) == true, "\(told)")
                #expect(scene.jira.counters[.createRequest] == 0 && scene.jira.issues.isEmpty)
                try scene.jira.update(project: "IT") { $0.serviceDesk = ServiceDesk() }
                try await scene.allFinished()
            }
            try await scene.expectExactlyOnce(issues: 3)
            #expect(try await scene.database.value("SELECT max(attempt) FROM kushim_jira.job_status") == "1")
        }
    }

    @Test("What the form has and Jira refuses all the same costs no ticket", arguments: modes)
    func refusedField(mode: SimulatedJira.Mode) async throws {
        try await Self.withDesk(mode) { scene in
            try scene.jira.update(project: "IT") { $0.serviceDesk?.requestTypes[1].requiredFields = ["duedate"] }
            try scene.jira.add(fault: "status=400,body=jira,operation=createRequest,count=1")
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 1)
            #expect(scene.jira.issues.first?.due != nil, "what the form demands is sent")
            let omitted = try await scene.database.value(
                "SELECT detail -> 'omitted' ->> 'priority' FROM kushim_jira.audit_log WHERE action = 'ticket.created'")
            #expect(omitted?.hasPrefix("the request was refused with it or another") == true, "\(omitted ?? "none")")
        }
    }

    @Test("A request type that is gone since is told with those there are", arguments: modes)
    func typeIsGone(mode: SimulatedJira.Mode) async throws {
        try await Self.withDesk(mode) { scene in
            try await scene.running {
                try await scene.fail("CC1")
                try await scene.allFinished()
                try scene.jira.update(project: "IT") { $0.serviceDesk?.requestTypes.removeLast() }
                try await scene.fail("CC2")
                try await eventually("told") {
                    let told = try await scene.database.value(
                        "SELECT detail ->> 'remedy' FROM kushim_jira.audit_log WHERE action = 'connection.blocked'")
                    return told == "Set tickets.request_type to one of: Get IT help."
                }
                try scene.jira.update(project: "IT") { $0.serviceDesk = ServiceDesk() }
                try await scene.allFinished()
            }
            try await scene.expectExactlyOnce(issues: 2)
        }
    }

    @Test("A refused request shuts its own gate, and other tickets go on", arguments: modes)
    func refusal(mode: SimulatedJira.Mode) async throws {
        try await Self.withDesk(
            mode,
            configure: {
                var aws = TicketRule(match: .init(control: ["AWS_*"]))
                aws.issueType = "Task"
                $0.tickets.rules = [aws]
            }
        ) { scene in
            try scene.jira.add(fault: "status=400,body=jira,operation=createRequest,count=2")
            try await scene.fail("CC1")
            try await scene.fail("AWS_1")
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 2)
            let blocked = try await scene.database.query(
                "SELECT detail ->> 'scope' FROM kushim_jira.audit_log WHERE action = 'connection.blocked'")
            #expect(blocked.count == 1 && blocked[0][0]?.hasSuffix("IT/request type report an incident") == true)
        }
    }

    @Test("A scoped token without the scopes of service desks makes issues all the same")
    func scopes() async throws {
        try await Self.withDesk(
            .cloud,
            configure: {
                var aws = TicketRule(match: .init(control: ["AWS_*"]))
                aws.issueType = "Task"
                $0.tickets.rules = [aws]
                if let connection = $0.connection {
                    $0.connection?.baseURL = connection.baseURL + "/ex/jira/\(SimulatedJira.Options().cloudID)"
                }
                $0.connection?.credentials = .apiToken(
                    email: "admin@acme-corp.com", token: Secret("simulator-scoped-token"))
            }
        ) { scene in
            scene.jira.set(credentials: [
                SimulatedCredential(
                    .scopedToken, "simulator-scoped-token",
                    scopes: ["read:jira-work", "write:jira-work", "read:jira-user"])
            ])
            try await scene.fail("CC1")
            try await scene.fail("AWS_1")
            try await scene.running {
                try await eventually("the issue is made and the request waits") {
                    let error = try await scene.database.value(
                        "SELECT last_error FROM kushim_jira.job_status WHERE state = 'available'")
                    return scene.jira.issues.count == 1 && error?.contains("read:servicedesk-request") == true
                }
            }
        }
    }
}
