import JiraSimulator
import Jobs
import TestSupport
import Testing

@testable import Compliance

/// What stands between us and Jira gives a create request another's fresh answer, which nothing in the answer itself tells.
@Suite("The answer to another control's create request makes no ticket of its issue")
struct SwappedAnswerTests {
    static let modes: [SimulatedJira.Mode] = [.cloud, .dataCenter]

    /// Each ticket's issue is the one that was made for its control, and stays so when the controls fail again.
    private func expectEachItsOwn(_ scene: Scene) async throws {
        for _ in 0..<2 {
            try await scene.expectExactlyOnce(issues: 2)
            for row in try await scene.database.query(
                "SELECT control_id, issue_key FROM kushim_jira.tickets WHERE state = 'open'")
            {
                let issue = try #require(row[1].flatMap { scene.jira.issue($0) })
                #expect(issue.summary.contains("[\(row[0] ?? "")]"), "\(row)")
            }
            try await scene.fail("CC1")
            try await scene.fail("CC2")
            try await scene.running { try await scene.allFinished() }
        }
        #expect(try await scene.actions()["ticket.deleted"] == nil)
    }

    @Test("Two answers that are swapped: each issue is found by its own control", arguments: TicketKind.allCases)
    func swapped(kind: TicketKind) async throws {
        try await kind.scene { scene in
            let operation: SimulatedJira.Operation = kind.isRequest ? .createRequest : .createIssue
            try scene.jira.add(fault: "status=201,body=swapped,committed=yes,operation=\(operation.rawValue),count=2")
            try await scene.fail("CC1")
            try await scene.fail("CC2")
            try await scene.running { try await scene.allFinished() }
            try await expectEachItsOwn(scene)
        }
    }

    @Test("An answer that came too late for its own request, and is given to the next", arguments: modes)
    func late(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(
            mode, { $0.settings.indexLag = DelayRange(.seconds(3_600)) }, configure: { $0.statusFreshness = .zero }
        ) { scene in
            try scene.jira.add(fault: "close-after-commit,operation=createIssue,count=1")
            let job = try await scene.database.leasedFailure("CC1")
            _ = try? await scene.failureHandler.perform(job, JobContext())
            #expect(scene.jira.issues.count == 1)
            try scene.jira.add(fault: "status=201,body=earlier,committed=yes,operation=createIssue,count=1")
            let other = try await scene.fail("CC2")
            try await scene.running {
                try await eventually("CC2 has a ticket") {
                    try await scene.database.value(
                        "SELECT state FROM kushim_jira.job_status WHERE id = \(other)") == "completed"
                }
            }
            try await scene.rescue(job)
            try await scene.running { try await scene.allFinished() }
            try await expectEachItsOwn(scene)
        }
    }

    /// Data Center takes the request without the characters of four bytes, which is sent at once.
    @Test(
        "A refusal that answers another's request: what Jira made all the same is looked for, past the index, before it is sent again"
    )
    func refusalOfAnother() async throws {
        try await Scene.with(.dataCenter, { $0.settings.indexLag = DelayRange(.seconds(3_600)) }) { scene in
            try scene.jira.createIssue(project: "COMP", summary: "made by hand")
            scene.jira.catchUpIndex()
            try scene.jira.add(fault: "close-before-commit,operation=createIssue,count=1")
            let job = try await scene.database.leasedFailure("CC1")
            _ = try? await scene.failureHandler.perform(job, JobContext())
            try scene.jira.add(
                fault: "status=400,body=jira,committed=yes,operation=createIssue,contains=CC2,count=1")
            try await scene.fail("CC2") { $0["failureReason"] = "no second factor \u{1F512}" }
            try await scene.rescue(job)
            try await scene.running { try await scene.allFinished() }
            for control in ["CC1", "CC2"] {
                #expect(scene.jira.issues.count { $0.summary.contains("[\(control)]") } == 1, "\(control)")
            }
            #expect(try await scene.actions()["ticket.adopted"] == 1)
        }
    }

    @Test("A cached answer to another comment: the pass has one of its own", arguments: modes, ["yes", "no"])
    func comment(mode: SimulatedJira.Mode, isDone: String) async throws {
        try await Scene.with(mode, configure: { $0.statusFreshness = .zero }) { scene in
            for control in ["CC1", "CC2"] { try await scene.fail(control) }
            try await scene.runToTheEnd()
            try await scene.pass("CC1")
            try await scene.runToTheEnd()
            try scene.jira.add(
                fault: "status=201,body=earlier,committed=\(isDone),operation=addComment,count=1")
            try await scene.pass("CC2")
            try await scene.runToTheEnd()
            #expect(scene.jira.issues.map(\.comments.count) == [1, 1])
            let posted = try await scene.database.value(
                "SELECT count(DISTINCT detail ->> 'commentId') FROM kushim_jira.audit_log WHERE action = 'ticket.commented'")
            #expect(posted == "2")
        }
    }

    @Test("Tickets that the ledger has swapped get their own issues back", arguments: TicketKind.allCases)
    func swappedInTheLedger(kind: TicketKind) async throws {
        try await kind.scene { scene in
            try await scene.fail("CC1")
            try await scene.fail("CC2")
            try await scene.runToTheEnd()
            for change in [
                "issue_id = 'x' || t.issue_id",
                "issue_id = o.issue_id, issue_key = o.issue_key, issue_url = o.issue_url",
            ] {
                _ = try await scene.database.query(
                    """
                    UPDATE kushim_jira.tickets t SET \(change)
                    FROM (SELECT id, ltrim(issue_id, 'x') AS issue_id, issue_key, issue_url FROM kushim_jira.tickets) o
                    WHERE o.id <> t.id
                    """)
            }
            try await scene.fail("CC1")
            try await scene.fail("CC2")
            try await scene.running { try await scene.allFinished() }
            try await expectEachItsOwn(scene)
        }
    }
}
