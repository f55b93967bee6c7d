import JiraSimulator
import TestSupport
import Testing

@testable import Compliance

/// Whom a ticket is given to, named by address, account or user name.
@Suite("Assignees")
struct AssigneeTests {
    static let modes = [SimulatedJira.Mode.cloud, .dataCenter]

    @Test(
        "An assignee is found by address, looked up once, and left out once nobody can be assigned so", arguments: modes
    )
    func assignee(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode, configure: { $0.tickets.assignee = "Jane.Doe@acme-corp.com" }) { scene in
            for number in 1...5 { try await scene.fail("CC\(number)") }
            try await scene.runToTheEnd()
            #expect(scene.jira.issues.map(\.assignee) == Array(repeating: .jane, count: 5))
            #expect(scene.jira.counters[.findAssignableUsers] == 1)

            var gone = scene
            gone.configuration.tickets.assignee = "visitor@acme-corp.com"
            try await gone.fail("CC6")
            try await gone.runToTheEnd()
            let why = try await scene.database.value(
                "SELECT detail -> 'omitted' ->> 'assignee' FROM kushim_jira.audit_log WHERE detail ? 'omitted'")
            #expect(
                why
                    == "there is nobody who can be assigned issues in COMP with the address or name visitor@acme-corp.com"
            )
            try await scene.expectExactlyOnce(issues: 6)
        }
    }

    @Test("A burst of failures asks once who the assignee is", arguments: modes)
    func assigneeOfMany(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode, configure: { $0.tickets.assignee = "jane.doe@acme-corp.com" }) { scene in
            try scene.jira.add(fault: "delay-before=2s,operation=findAssignableUsers")
            for number in 1...30 { try await scene.fail("CC\(number)") }
            try await scene.running(slots: 32) { try await scene.allFinished() }
            #expect(scene.jira.issues.map(\.assignee) == Array(repeating: .jane, count: 30))
            #expect(scene.jira.counters[.findAssignableUsers] == 1)
        }
    }

    @Test("An account that was deactivated costs no ticket, however it is named", arguments: modes)
    func leaver(mode: SimulatedJira.Mode) async throws {
        let id = mode == .cloud ? SimulatedUser.leaver.accountID : SimulatedUser.leaver.name
        for name in [SimulatedUser.leaver.email, id] {
            try await Scene.with(
                mode,
                configure: {
                    $0.tickets.assignee = name
                    $0.tickets.fields = ["customfield_10111": .text(name)]
                }
            ) { scene in
                try await scene.fail("CC1")
                try await scene.runToTheEnd()
                try await scene.expectExactlyOnce(issues: 1)
                let omitted = try await scene.database.query(
                    """
                    SELECT o.key, o.value FROM kushim_jira.audit_log, jsonb_each_text(detail -> 'omitted') o ORDER BY 1
                    """)
                #expect(omitted.map { $0[0] } == ["assignee", "customfield_10111"])
                if name.contains("@") {
                    #expect(omitted[1][1] == "the account lee.aver@acme-corp.com is deactivated")
                }
            }
        }
    }
}
