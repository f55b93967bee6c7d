import Foundation
import Jira
import JiraSimulator
import Jobs
import TestSupport
import Testing

@testable import Compliance

@Suite("Without de-duplication")
struct WithoutDeduplicationTests {
    static let modes: [SimulatedJira.Mode] = [.cloud, .dataCenter]

    private func with(_ mode: SimulatedJira.Mode, _ body: @Sendable (Scene) async throws -> Void) async throws {
        try await Scene.with(
            mode,
            configure: {
                $0.statusFreshness = .zero
                $0.tickets.deduplication.enabled = false
            }, body)
    }

    @Test(
        "Each failure has its ticket, exactly one, when answers are lost", arguments: modes,
        ["close-after-commit", "close-before-commit"])
    func lostAnswers(mode: SimulatedJira.Mode, fault: String) async throws {
        try await with(mode) { scene in
            try scene.jira.add(fault: "\(fault),operation=createIssue,count=2")
            for _ in 0..<4 { try await scene.fail("CC1") }
            try await scene.runToTheEnd()
            try await expectOneEach(scene, 4)
        }
    }

    @Test("A worker that dies leaves one ticket for its failure", arguments: modes, [1, 2, 99])
    func crash(mode: SimulatedJira.Mode, checks: Int) async throws {
        try await with(mode) { scene in
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            let job = try await scene.database.leasedFailure("CC1")
            let countdown = Countdown(checks)
            _ = try? await scene.failureHandler.perform(job, JobContext(stillHolds: { countdown.goesOn() }))
            try await scene.rescue(job)
            try await scene.runToTheEnd()
            try await expectOneEach(scene, 2)
        }
    }

    @Test("A closed ticket keeps nothing away and gets no comment", arguments: modes)
    func closed(mode: SimulatedJira.Mode) async throws {
        try await with(mode) { scene in
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try scene.jira.transition("COMP-1")
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try await expectOneEach(scene, 2)
            #expect(scene.jira.comments.isEmpty)
        }
    }

    @Test("A pass is told on the newest ticket of the control that is open", arguments: modes)
    func pass(mode: SimulatedJira.Mode) async throws {
        try await with(mode) { scene in
            for _ in 0..<3 {
                try await scene.fail("CC1")
                try await scene.runToTheEnd()
            }
            try scene.jira.transition("COMP-3")
            _ = try await scene.database.query(
                "UPDATE kushim_jira.tickets SET state = 'done', resolved_at = now() WHERE episode = 3")
            for _ in 0..<2 {
                try await scene.pass("CC1")
                try await scene.runToTheEnd()
            }
            #expect(scene.jira.issues.map(\.comments.count) == [0, 1, 0])
            let actions = try await scene.actions()
            #expect(actions["ticket.commented"] == 1 && actions["ticket.skipped"] == 1)
        }
    }

    private func expectOneEach(_ scene: Scene, _ count: Int) async throws {
        #expect(scene.jira.issues.count == count)
        #expect(try await scene.database.pool.execute(Invariants.FailuresWithoutOneEnding()) == [])
        let rows = try await scene.database.query(
            """
            SELECT count(*), count(DISTINCT job_id), count(DISTINCT issue_id), count(DISTINCT fingerprint)
            FROM kushim_jira.tickets WHERE state = 'open'
            """)
        #expect(rows == [[String?]](repeating: [String?](repeating: "\(count)", count: 4), count: 1))
        let actions = try await scene.actions()
        #expect((actions["ticket.created"] ?? 0) + (actions["ticket.adopted"] ?? 0) == count)
    }
}
