import Foundation
import HTTP
import Jira
import JiraSimulator
import TestSupport
import Testing

@testable import Compliance

/// What keeps requests from being made, and what does not.
@Suite("Troubles with requests of Jira Service Management")
struct ServiceDeskTroubleTests {
    static let modes = [SimulatedJira.Mode.cloud, .dataCenter]

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
        try await Scene.withServiceDesk(mode) { scene in
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
        try await Scene.withServiceDesk(mode) { scene in
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
        try await Scene.withServiceDesk(mode) { scene in
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
        try await Scene.withServiceDesk(
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
        try await Scene.withServiceDesk(
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
