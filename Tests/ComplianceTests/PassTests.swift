import Foundation
import HTTP
import Jira
import JiraSimulator
import Jobs
import TestSupport
import Testing

@testable import Compliance

@Suite("A control passes again")
struct PassTests {
    static let modes: [SimulatedJira.Mode] = [.cloud, .dataCenter]

    @Test("One comment on the open ticket; the next pass adds none", arguments: modes)
    func comment(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode) { scene in
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try await scene.pass("CC1")
            try await scene.runToTheEnd()
            try await scene.pass("CC1")
            try await scene.runToTheEnd()
            #expect(scene.jira.comments.count == 1)
            let text = "\(try #require(scene.jira.comments.first).body)"
            #expect(text.contains("passes again") && text.contains("All users have MFA now."))
            #expect(
                try await scene.database.query(
                    "SELECT state, passed_at IS NOT NULL FROM kushim_jira.tickets") == [["open", "t"]])
            #expect(
                try await scene.database.query(
                    "SELECT action, coalesce(detail ->> 'rule', '') FROM kushim_jira.audit_log WHERE id > 2 ORDER BY id"
                )
                    == [["ticket.commented", ""], ["ticket.skipped", "already_passing"]])
        }
    }

    @Test("After another failure the next pass is told again")
    func failsAgain() async throws {
        try await Scene.with { scene in
            for _ in 0..<2 {
                try await scene.fail("CC1")
                try await scene.runToTheEnd()
                try await scene.pass("CC1")
                try await scene.runToTheEnd()
            }
            #expect(scene.jira.comments.count == 2 && scene.jira.issues.count == 1)
        }
    }

    @Test(
        "A lost answer: still one comment", arguments: modes,
        ["close-after-commit", "close-before-commit", "status=502,committed=yes,body=html", "status=500"])
    func lostAnswer(mode: SimulatedJira.Mode, fault: String) async throws {
        try await Scene.with(mode) { scene in
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try scene.jira.add(fault: "\(fault),operation=addComment,count=1")
            try await scene.pass("CC1")
            try await scene.runToTheEnd()
            #expect(scene.jira.comments.count == 1)
            #expect(try await scene.actions()["ticket.commented"] == 1)
            #expect(
                try await scene.database.query("SELECT state, in_doubt FROM kushim_jira.comments") == [["posted", "f"]])
        }
    }

    @Test(
        "A look that Jira refuses says nothing about the comment: none is sent on the strength of it", arguments: modes)
    func refusedLook(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode) { scene in
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try scene.jira.add(fault: "close-after-commit,operation=addComment,count=1")
            try scene.jira.add(fault: "status=403,operation=listComments,count=2")
            try await scene.pass("CC1")
            try await scene.runToTheEnd()
            #expect(scene.jira.counters[.addComment] == 1)
            #expect(try await scene.actions()["ticket.commented"] == 1)
        }
    }

    @Test("The mark of one pass is not taken for that of another whose number begins alike")
    func marks() throws {
        func comment(_ text: String) throws -> JiraComment { try JiraComment(["id": "1", "body": .string(text)]) }
        #expect(try comment("reference kushimabcpass12").carries("kushimabcpass12"))
        #expect(try comment("_kushimabcpass12_, kushimabcpass123").carries("kushimabcpass12"))
        #expect(try !comment("reference kushimabcpass123").carries("kushimabcpass12"))
    }

    @Test("Without an open ticket there is nothing to say")
    func noTicket() async throws {
        try await Scene.with { scene in
            let job = try await scene.database.insert("compliance_pass", payload: Payload.pass("CC1").json)
            let handler = CompliancePassHandler(services: scene.failureHandler.services)
            let leased = try await scene.database.lease(job)
            guard case .snooze = try await handler.perform(leased, JobContext()) else {
                Issue.record("a failure inserted just before may be on its way")
                return
            }
            let patient = ClaimedJob(
                id: leased.id, kind: leased.kind, customerID: leased.customerID, payload: leased.payload, snoozes: 2,
                fence: leased.fence, createdAt: leased.createdAt)
            guard case .completed(let effects) = try await handler.perform(patient, JobContext()) else {
                Issue.record("skipped")
                return
            }
            try await scene.database.settle(patient, effects)
            #expect(
                try await scene.database.query("SELECT action, detail ->> 'rule' FROM kushim_jira.audit_log") == [
                    ["ticket.skipped", "no_open_ticket"]
                ])
        }
    }

    @Test("A pass that is older than the newest failure says nothing")
    func olderThanFailure() async throws {
        try await Scene.with { scene in
            var payload = Payload.pass("CC1")
            payload["detectedAt"] = .string(Date.now.addingTimeInterval(-600).formatted(.iso8601))
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            _ = try await scene.database.insert("compliance_pass", payload: payload.json)
            try await scene.runToTheEnd()
            #expect(scene.jira.comments.isEmpty)
            #expect(try await scene.actions()["ticket.skipped"] == 1)
        }
    }

    @Test("A ticket that is gone from Jira is told as deleted, and the job ends")
    func deleted() async throws {
        try await Scene.with { scene in
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try scene.jira.delete("COMP-1")
            try await scene.pass("CC1")
            try await scene.runToTheEnd()
            let actions = try await scene.actions()
            #expect(actions["ticket.deleted"] == 1 && actions["ticket.skipped"] == 1)
        }
    }
}
