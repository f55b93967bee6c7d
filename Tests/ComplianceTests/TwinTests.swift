import Foundation
import HTTP
import Jira
import JiraSimulator
import Jobs
import TestSupport
import Testing

@testable import Compliance

@Suite("Twins of tickets")
struct TwinTests {
    static let modes: [SimulatedJira.Mode] = [.cloud, .dataCenter]

    private func sweep(_ scene: Scene) -> TwinSweep {
        let connection = scene.configuration.connection
        return TwinSweep(pool: scene.database.pool, http: scene.http, actor: "test", logger: .quiet) { connection }
    }

    private func makeDue(_ scene: Scene) async throws {
        _ = try await scene.database.query("UPDATE kushim_jira.tickets SET twins_due_at = clock_timestamp()")
    }

    @Test(
        "A clone and whatever carries the label are told, once a day, and nothing in Jira is touched", arguments: modes)
    func clones(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode) { scene in
            for number in 1...3 { try await scene.fail("CC\(number)") }
            try await scene.runToTheEnd()
            let original = try #require(scene.jira.issues.first)
            let clone = try scene.jira.clone(original.key)
            try scene.jira.createIssue(project: "SEC", summary: "labelled by hand", labels: original.labels)
            let before = scene.jira.issues

            #expect(try await sweep(scene).pass() == 0, "an hour must pass first")
            try await makeDue(scene)
            #expect(try await sweep(scene).pass() == 3)
            #expect(try await sweep(scene).pass() == 0, "once a day")
            #expect(
                try await scene.database.query(
                    "SELECT issue_key, array_to_string(twins, ' ') FROM kushim_jira.tickets WHERE twins <> '{}'")
                    == [[original.key, "\(clone.key) SEC-1"]])
            #expect(scene.jira.issues == before)
            #expect(scene.jira.counters[.search] <= 1 + 3 + 1, "the three share one search")
        }
    }

    @Test("A ticket whose own issue is not known yet has no twin: that may be it")
    func standIn() async throws {
        try await Scene.with { scene in
            for number in 1...2 { try await scene.fail("CC\(number)") }
            try await scene.runToTheEnd()
            _ = try await scene.database.query(
                """
                UPDATE kushim_jira.tickets t SET issue_id = o.issue_key, issue_key = o.issue_key, issue_url = o.issue_url
                FROM kushim_jira.tickets o WHERE t.control_id = 'CC2' AND o.control_id = 'CC1'
                """)
            #expect(try await sweep(scene).sweepAll().found.isEmpty)
        }
    }

    @Test("A twin that is gone is no longer told")
    func gone() async throws {
        try await Scene.with { scene in
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            let clone = try scene.jira.clone(try #require(scene.jira.issues.first).key)
            let (count, found) = try await sweep(scene).sweepAll()
            #expect(count == 1 && found.map(\.twins) == [[clone.key]])
            try scene.jira.delete(clone.key)
            #expect(try await sweep(scene).sweepAll().found.isEmpty)
            #expect(try await scene.database.value("SELECT twins FROM kushim_jira.tickets") == "{}")
        }
    }

    @Test("A ticket that was moved keeps its episode, under its new key")
    func moved() async throws {
        try await Scene.with { scene in
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            let moved = try scene.jira.move(try #require(scene.jira.issues.first).key, to: "SEC")
            #expect(try await sweep(scene).sweepAll().found.isEmpty)
            #expect(
                try await scene.database.query(
                    "SELECT issue_key, issue_url LIKE '%/browse/SEC-1' FROM kushim_jira.tickets")
                    == [[moved.key, "t"]])
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 1)
        }
    }

    @Test("A search that ran as nobody changes nothing, and another daemon's tickets are left to it")
    func undecided() async throws {
        try await Scene.with { scene in
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try scene.jira.clone(try #require(scene.jira.issues.first).key)
            _ = try await sweep(scene).sweepAll()
            try await makeDue(scene)
            try scene.jira.add(fault: "anonymous,operation=search,count=1")
            try scene.jira.add(fault: "anonymous,operation=myself,count=1")
            await #expect(throws: JiraError.self) { try await sweep(scene).pass() }
            #expect(try await scene.database.value("SELECT cardinality(twins) FROM kushim_jira.tickets") == "1")
            #expect(try await sweep(scene).pass() == 0, "taken for ten minutes")
        }
    }
}
