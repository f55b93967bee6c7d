import Foundation
import Jira
import JiraSimulator
import Jobs
import Postgres
import TestSupport
import Testing

@testable import Compliance

@Suite("Exactly one ticket, whatever becomes of the answer")
struct DoubtTests {
    static let modes: [SimulatedJira.Mode] = [.cloud, .dataCenter]

    @Test(
        "An answer that is lost after the commit: the issue is found and adopted", arguments: modes,
        [
            "close-after-commit", "reset-after-commit", "truncate-after-commit", "malformed-after-commit",
            "status=502,committed=yes,body=html", "status=500,committed=yes", "status=504,committed=yes,body=empty",
        ])
    func lostAfterCommit(mode: SimulatedJira.Mode, fault: String) async throws {
        try await Scene.with(mode) { scene in
            try scene.jira.add(fault: "\(fault),operation=createIssue,count=3")
            for number in 1...3 { try await scene.fail("CC\(number)") }
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 3)
            let actions = try await scene.actions()
            #expect(actions["ticket.adopted"] == 3 && actions["sla.scheduled"] == 3 && actions["ticket.created"] == nil)
            #expect(scene.jira.counters[.createIssue] == 3, "nothing is sent again before looking")
        }
    }

    @Test(
        "An answer that is lost before the commit: after the settling time another is sent", arguments: modes,
        ["close-before-commit", "reset-before-commit", "status=503,body=html", "status=500"])
    func lostBeforeCommit(mode: SimulatedJira.Mode, fault: String) async throws {
        try await Scene.with(mode) { scene in
            try scene.jira.add(fault: "\(fault),operation=createIssue,count=2")
            for number in 1...2 { try await scene.fail("CC\(number)") }
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 2)
            #expect(try await scene.actions() == ["ticket.created": 2, "sla.scheduled": 2])
            #expect(
                try await scene.database.query(
                    """
                    SELECT count(*), bool_and(sends = 2), bool_and(last_sent_at - first_sent_at >= interval '1.2 s')
                    FROM kushim_jira.tickets
                    """) == [["2", "t", "t"]], "and not before it")
        }
    }

    @Test("An index that lags: the issue is found by its key", arguments: modes)
    func indexLag(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode, { $0.settings.indexLag = DelayRange(.seconds(3_600)) }) { scene in
            try scene.jira.createIssue(project: "COMP", summary: "made by hand")
            scene.jira.catchUpIndex()
            try scene.jira.add(fault: "close-after-commit,operation=createIssue,count=2")
            try await scene.fail("CC1")
            try await scene.fail("CC2")
            try await scene.runToTheEnd()
            #expect(scene.jira.issues.count == 3)
            #expect(
                try await scene.database.query(
                    """
                    SELECT detail ->> 'foundBy', count(*) FROM kushim_jira.audit_log
                    WHERE action = 'ticket.adopted' GROUP BY 1
                    """) == [["key", "2"]])
        }
    }

    @Test("An issue that appears late, when its request was slow to arrive, is not doubled")
    func lateCommit() async throws {
        try await Scene.with(configure: {
            $0.connection?.timeout = .seconds(1)
            // The request is carried out well before.
            $0.settlingTime = .seconds(15)
        }) { scene in
            try scene.jira.add(fault: "delay-before=1500ms,operation=createIssue,count=1")
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try await eventually("the late request was carried out") { scene.jira.issues.count > 0 }
            try await scene.expectExactlyOnce(issues: 1)
            #expect(try await scene.actions()["ticket.adopted"] == 1)
        }
    }

    @Test("A clone with the same label and fingerprint is reported and left alone; the oldest is adopted")
    func clones() async throws {
        try await Scene.with { scene in
            try scene.jira.add(fault: "close-after-commit,operation=createIssue,count=1")
            // The third search is the first look.
            try scene.jira.add(fault: "status=503,operation=search,nth=3")
            let job = try await scene.database.leasedFailure("CC1")
            _ = try await scene.failureHandler.perform(job, JobContext())
            try scene.jira.clone("COMP-1")
            try scene.jira.createIssue(
                project: "SEC", summary: "labelled by hand", labels: scene.jira.issues[0].labels)
            try await scene.rescue(job)
            try await scene.runToTheEnd()
            #expect(
                try await scene.database.query(
                    """
                    SELECT issue_key, (SELECT jsonb_agg(x ORDER BY x) FROM jsonb_array_elements(detail -> 'others') x)
                    FROM kushim_jira.audit_log WHERE action = 'ticket.adopted'
                    """) == [["COMP-1", #"["COMP-2", "SEC-1"]"#]])
        }
    }

    @Test("A label alone is no proof: an issue that somebody labelled so is not adopted")
    func labelAlone() async throws {
        try await Scene.with { scene in
            try scene.jira.add(fault: "close-before-commit,operation=createIssue,count=1")
            let job = try await scene.database.leasedFailure("CC1")
            _ = try await scene.failureHandler.perform(job, JobContext())
            let fingerprint = try await scene.database.value("SELECT fingerprint FROM kushim_jira.tickets") ?? ""
            try scene.jira.createIssue(
                project: "SEC", summary: "labelled by hand", labels: ["kushim-" + fingerprint.prefix(20)])
            try await scene.rescue(job)
            try await scene.runToTheEnd()
            #expect(try await scene.database.value("SELECT issue_key FROM kushim_jira.tickets") == "COMP-1")
        }
    }

    @Test("A search that ran as nobody proves nothing", arguments: modes)
    func anonymousSearch(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode) { scene in
            try scene.jira.add(fault: "close-after-commit,operation=createIssue,count=1")
            let job = try await scene.database.leasedFailure("CC1")
            _ = try await scene.failureHandler.perform(job, JobContext())
            #expect(scene.jira.issues.count == 1)
            try scene.jira.add(fault: "anonymous,operation=search,count=4")
            try scene.jira.add(fault: "anonymous,operation=bulkFetchIssues,count=4")
            try await scene.rescue(job)
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 1)
            #expect(try await scene.actions()["connection.blocked"] == 1)
        }
    }

    // MARK: Crashes

    enum Crash: CaseIterable {
        case afterIntent, afterMark, atSocket, afterPost, afterLostPost
    }

    @Test("A worker that dies at any step leaves exactly one issue", arguments: modes, Crash.allCases)
    func crash(mode: SimulatedJira.Mode, at step: Crash) async throws {
        try await Scene.with(mode) { scene in
            let job = try await scene.database.leasedFailure("CC1")
            let checks = Countdown(Crash.allCases.firstIndex(of: step).map { $0 < 3 ? $0 : 99 } ?? 99)
            let context = JobContext(stillHolds: { checks.goesOn() })
            if step == .afterLostPost { try scene.jira.add(fault: "close-after-commit,operation=createIssue,count=1") }
            // Whatever it wanted to settle is lost with it.
            _ = try? await scene.failureHandler.perform(job, context)
            let sent = step == .afterPost || step == .afterLostPost
            #expect(scene.jira.counters[.createIssue] == (sent ? 1 : 0))
            #expect(try await scene.database.value("SELECT state FROM kushim_jira.tickets") == "creating")
            try await scene.rescue(job)
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 1)
            #expect(try await scene.actions()[sent ? "ticket.adopted" : "ticket.created"] == 1)
        }
    }

    @Test("A worker whose job was taken over sends nothing")
    func zombie() async throws {
        try await Scene.with { scene in
            let zombie = try await scene.database.leasedFailure("CC1")
            _ = try await scene.database.lease(zombie.id)
            await #expect(throws: LeaseLost.self) { try await scene.failureHandler.perform(zombie, JobContext()) }
            #expect(scene.jira.counters[.createIssue] == 0)
            #expect(try await scene.database.value("SELECT count(*) FROM kushim_jira.tickets") == "0")
        }
    }

    @Test("The worker is killed with requests in the air, again and again: one issue for each failure")
    func killed() async throws {
        try await Scene.with { scene in
            try scene.jira.add(fault: "delay-before=0ms..30ms,operation=createIssue")
            for number in 1...40 { try await scene.fail("CC\(number)") }
            for _ in 0..<4 {
                let issues = scene.jira.issues.count
                await #expect(throws: Killed.self) {
                    try await scene.running {
                        try await eventually("some more issues") { scene.jira.issues.count > min(issues + 5, 39) }
                        throw Killed()
                    }
                }
            }
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 40)
        }
    }

    private struct Killed: Error {}
}
