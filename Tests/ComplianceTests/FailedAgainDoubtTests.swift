import Foundation
import Jira
import JiraSimulator
import Jobs
import TestSupport
import Testing

@testable import Compliance

@Suite("Exactly one comment on a closed ticket, whatever becomes of the answer")
struct FailedAgainDoubtTests {
    static let modes: [SimulatedJira.Mode] = [.cloud, .dataCenter]

    private func expectOneComment(
        _ scene: Scene, failures: Int = 1, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await scene.expectExactlyOnce(issues: 1, sourceLocation: sourceLocation)
        #expect(scene.jira.comments.count == 1, sourceLocation: sourceLocation)
        let actions = try await scene.actions()
        #expect(actions["ticket.commented"] == 1, sourceLocation: sourceLocation)
        #expect(actions["ticket.deduplicated"] == failures, sourceLocation: sourceLocation)
        #expect(
            try await scene.database.query("SELECT state, in_doubt FROM kushim_jira.comments") == [["posted", "f"]],
            sourceLocation: sourceLocation)
        #expect(
            try await scene.database.value("SELECT failure_count FROM kushim_jira.tickets") == "\(1 + failures)",
            sourceLocation: sourceLocation)
    }

    @Test(
        "An answer that is lost after the commit: the comment is found, and none is sent", arguments: modes,
        [
            "close-after-commit", "reset-after-commit", "truncate-after-commit", "malformed-after-commit",
            "status=502,committed=yes,body=html", "status=500,committed=yes",
        ])
    func lostAfterCommit(mode: SimulatedJira.Mode, fault: String) async throws {
        try await Scene.withClosedTicket(mode) { scene in
            try scene.jira.add(fault: "\(fault),operation=addComment,count=1")
            try await scene.fail("CC1")
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try await expectOneComment(scene, failures: 2)
            #expect(scene.jira.counters[.addComment] == 1)
            #expect(
                try await scene.database.value(
                    "SELECT detail ->> 'foundAfterDoubt' FROM kushim_jira.audit_log WHERE action = 'ticket.commented'")
                    == "true")
        }
    }

    @Test(
        "An answer that is lost before the commit: after the settling time another is sent", arguments: modes,
        ["close-before-commit", "reset-before-commit", "status=503,body=html", "status=500"])
    func lostBeforeCommit(mode: SimulatedJira.Mode, fault: String) async throws {
        try await Scene.withClosedTicket(mode) { scene in
            try scene.jira.add(fault: "\(fault),operation=addComment,count=1")
            try await scene.fail("CC1")
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try await expectOneComment(scene, failures: 2)
            #expect(scene.jira.counters[.addComment] == 2)
            #expect(
                try await scene.database.value(
                    "SELECT last_sent_at - created_at >= interval '1.2 s' FROM kushim_jira.comments") == "t",
                "and not before it")
        }
    }

    enum Crash: CaseIterable {
        case beforeMark, afterMark, atSocket, afterPost, afterLostPost
    }

    @Test("A worker that dies at any step leaves exactly one comment", arguments: modes, Crash.allCases)
    func crash(mode: SimulatedJira.Mode, at step: Crash) async throws {
        try await Scene.withClosedTicket(mode) { scene in
            let job = try await scene.database.leasedFailure("CC1")
            let checks = Countdown(Crash.allCases.firstIndex(of: step).map { $0 < 3 ? $0 : 99 } ?? 99)
            if step == .afterLostPost { try scene.jira.add(fault: "close-after-commit,operation=addComment,count=1") }
            // Whatever it wanted to settle is lost with it.
            _ = try? await scene.failureHandler.perform(job, JobContext(stillHolds: { checks.goesOn() }))
            let sent = step == .afterPost || step == .afterLostPost
            #expect(scene.jira.counters[.addComment] == (sent ? 1 : 0))
            #expect(
                try await scene.database.value("SELECT count(*) FROM kushim_jira.comments WHERE in_doubt")
                    == (step == .beforeMark ? "0" : "1"))
            try await scene.rescue(job)
            try await scene.runToTheEnd()
            try await expectOneComment(scene)
            #expect(scene.jira.counters[.addComment] == 1)
        }
    }

    @Test("A worker whose job was taken over sends nothing")
    func zombie() async throws {
        try await Scene.withClosedTicket { scene in
            let zombie = try await scene.database.leasedFailure("CC1")
            _ = try await scene.database.lease(zombie.id)
            await #expect(throws: LeaseLost.self) { try await scene.failureHandler.perform(zombie, JobContext()) }
            #expect(scene.jira.counters[.addComment] == 0)
            #expect(try await scene.database.value("SELECT count(*) FROM kushim_jira.comments") == "0")
        }
    }

    @Test(
        "A comment whose failure was given up in doubt is the next failure's to settle", arguments: modes,
        ["close-after-commit", "close-before-commit"])
    func takenOver(mode: SimulatedJira.Mode, fault: String) async throws {
        try await Scene.withClosedTicket(mode) { scene in
            try scene.jira.add(fault: "\(fault),operation=addComment,count=1")
            let job = try await scene.database.leasedFailure("CC1")
            _ = try await scene.failureHandler.perform(job, JobContext())
            let effects = complianceEffects(actor: "test")
            try await scene.database.settle(job, as: "discarded", effects(.discarded(job, reason: "gave up")))
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try await expectOneComment(scene)
        }
    }

    @Test(
        "Reopened while the comment is in doubt: what was posted is told, what was not is not posted any more",
        arguments: modes, [true, false])
    func reopenedInDoubt(mode: SimulatedJira.Mode, isPosted: Bool) async throws {
        try await Scene.withClosedTicket(mode) { scene in
            try scene.jira.add(
                fault: "close-\(isPosted ? "after" : "before")-commit,operation=addComment,count=1")
            let job = try await scene.database.leasedFailure("CC1")
            _ = try await scene.failureHandler.perform(job, JobContext())
            try scene.jira.transition("COMP-1", to: "Reopened")
            try await scene.rescue(job)
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 1)
            #expect(scene.jira.comments.count == (isPosted ? 1 : 0))
            #expect(try await scene.actions()["ticket.commented"] == (isPosted ? 1 : nil))
            #expect(
                try await scene.database.value("SELECT state FROM kushim_jira.tickets") == (isPosted ? "done" : "open"))
            #expect(try await scene.database.value("SELECT count(*) FROM kushim_jira.comments WHERE in_doubt") == "0")
        }
    }

    @Test("A look that Jira refuses says nothing about the comment: it stays in doubt", arguments: modes)
    func refusedLook(mode: SimulatedJira.Mode) async throws {
        try await Scene.withClosedTicket(mode) { scene in
            try scene.jira.add(fault: "close-after-commit,operation=addComment,count=1")
            try scene.jira.add(fault: "status=403,operation=listComments,count=2")
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try await expectOneComment(scene)
            #expect(scene.jira.counters[.addComment] == 1)
        }
    }

    @Test("Among hundreds of comments the look misses none, whichever way they are listed", arguments: modes)
    func amongHundreds(mode: SimulatedJira.Mode) async throws {
        try await Scene.withClosedTicket(mode) { scene in
            for number in 1...230 { try scene.jira.comment("COMP-1", "talk \(number)") }
            try scene.jira.add(fault: "close-after-commit,operation=addComment,count=1")
            let job = try await scene.database.leasedFailure("CC1")
            _ = try await scene.failureHandler.perform(job, JobContext())
            for number in 1...130 { try scene.jira.comment("COMP-1", "more talk \(number)") }
            try await scene.rescue(job)
            try await scene.runToTheEnd()
            #expect(scene.jira.counters[.addComment] == 1)
            #expect(scene.jira.comments.count == 361)
            #expect(try await scene.actions()["ticket.commented"] == 1)
        }
    }
}
