import Jira
import JiraSimulator
import TestSupport
import Testing

@testable import Compliance

@Suite("A burst is created in bulk", .serialized)
struct BulkCreateTests {
    /// While the first creates are under way, the rest gathers.
    private func burst(
        _ fault: String? = nil, _ options: (inout SimulatedJira.Options) -> Void = { _ in },
        configure: (inout ComplianceConfiguration) -> Void = { _ in },
        then check: @Sendable (Scene) async throws -> Void
    ) async throws {
        try await Scene.with(.cloud, options, configure: configure) { scene in
            try scene.jira.add(fault: "delay-before=600ms,operation=createIssue,count=4")
            if let fault { try scene.jira.add(fault: fault) }
            for number in 1...30 {
                try await scene.fail("CC\(number)", severity: number == 30 ? "critical" : "high")
            }
            try await scene.running(slots: 40) { try await scene.allFinished() }
            try await check(scene)
            try await scene.expectExactlyOnce(issues: 30)
            let keys = try await scene.database.query(
                "SELECT control_id, issue_key FROM kushim_jira.tickets ORDER BY issue_id::int")
            let issues = scene.jira.issues.map { [$0.properties["kushim"]?["controlId"]?.stringValue, $0.key] }
            #expect(keys == issues, "each ticket is its own control's")
        }
    }

    private func count(_ operation: SimulatedJira.Operation, _ scene: Scene) -> Int {
        scene.jira.requests.count { $0.operation == operation }
    }

    @Test("In few requests, whatever order Jira answers in")
    func inBulk() async throws {
        try await burst {
            $0.settings.bulkIsShuffled = true
        } then: { scene in
            let bulk = count(.bulkCreateIssues, scene)
            #expect((1...6).contains(bulk))
            #expect(count(.createIssue, scene) + bulk <= 12)
            let created = try await scene.actions()["ticket.created"]
            #expect(created == 30)
        }
    }

    @Test("One that is refused costs the others nothing, and is created without what was refused")
    func partialFailure() async throws {
        // Else it would be known before.
        try await burst("status=403,operation=createMetaIssueTypes") {
            $0.settings.bulkIsShuffled = true
        } configure: {
            $0.tickets.priorities[.critical] = "Sky-high"
        } then: {
            scene in
            let created = try await scene.actions()["ticket.created"]
            #expect(created == 30)
            let omissions = try await scene.database.query(
                """
                SELECT control_id, detail -> 'omitted' ? 'priority', detail ->> 'sends' FROM kushim_jira.audit_log
                WHERE action = 'ticket.created' AND detail ? 'omitted'
                """)
            #expect(omissions == [["CC30", "t", "2"]])
        }
    }

    @Test(
        "An answer that is lost, or that cannot be told apart, is looked for",
        arguments: [
            "close-after-commit,operation=bulkCreateIssues,count=1",
            "truncate-after-commit,operation=bulkCreateIssues,count=1",
            "status=502,committed=yes,body=html,operation=bulkCreateIssues,count=1",
            "status=503,operation=bulkFetchIssues,count=1", "anonymous,operation=bulkFetchIssues,count=1",
            "status=400,committed=yes,body=message,operation=bulkCreateIssues,count=1",
            "status=403,committed=yes,body=text,operation=bulkCreateIssues,count=1",
            "status=404,committed=yes,body=malformed,operation=bulkCreateIssues,count=1",
            "status=413,committed=yes,body=html,operation=bulkCreateIssues,count=1",
            "status=401,committed=yes,body=message,operation=bulkCreateIssues,count=1",
            "status=429,committed=yes,body=message,operation=bulkCreateIssues,count=1",
            "status=302,committed=yes,body=empty,operation=bulkCreateIssues,count=1",
            "status=200,committed=yes,body=html,operation=bulkCreateIssues,count=1",
        ])
    func lostAnswer(fault: String) async throws {
        try await burst(
            fault,
            then: { scene in
                let actions = try await scene.actions()
                #expect(actions["ticket.adopted", default: 0] > 0)
                #expect(actions["ticket.created", default: 0] + actions["ticket.adopted", default: 0] == 30)
            })
    }

    @Test(
        "Where the whole request is refused for what is in it, each is sent alone",
        arguments: ["status=413,operation=bulkCreateIssues", "status=400,operation=bulkCreateIssues"])
    func refusedAsAWhole(fault: String) async throws {
        try await burst(
            fault,
            then: { scene in
                let created = try await scene.actions()["ticket.created"]
                #expect(created == 30)
                #expect(count(.createIssue, scene) >= 30)
            })
    }
}
