import Jira
import JiraSimulator
import TestSupport
import Testing

@testable import Compliance

/// Questions with one failure's words, which something before Jira answers in words of its own.
@Suite("A question whose words a firewall dislikes")
struct DislikedWordsTests {
    static let modes: [SimulatedJira.Mode] = [.cloud, .dataCenter]
    private static let answers = [
        "status=403,body=html", "status=401,body=text", "status=500,body=html", "status=302,body=html",
        "close-before-commit",
    ]

    @Test(
        "The search for a ticket: one failure waits alone while others pass, and at last it is given up",
        arguments: modes, answers)
    func search(mode: SimulatedJira.Mode, answer: String) async throws {
        try await Scene.with(mode) { scene in
            try scene.jira.add(fault: "\(answer),operation=search,contains=CC13")
            var others = 0
            try await scene.running(maxAttempts: 3) {
                let job = try await scene.fail("CC13")
                try await eventually(within: .seconds(300), "it is given up") {
                    others += 1
                    try await scene.fail("K\(others)")
                    try await Task.sleep(for: .milliseconds(300))
                    return try await scene.state(job) == "discarded"
                }
                try await scene.allFinished()
                let words = answer.hasPrefix("status") ? "HTTP \(answer.dropFirst(7).prefix(3))" : "no answer from Jira"
                let reason = try await scene.lastError(job)
                #expect(reason.contains(words) && reason.contains("with other words"), "\(reason)")
            }
            try await scene.expectExactlyOnce(issues: others)
            let actions = try await scene.actions()
            #expect(actions["connection.blocked"] == nil && actions["ticket.held"] == 1, "\(actions)")
            #expect(actions["job.retried"] == 2 && actions["job.discarded"] == 1, "\(actions)")
            let held = try await scene.database.query(
                "SELECT control_id FROM kushim_jira.audit_log WHERE action = 'ticket.held'")
            #expect(held == [["CC13"]])
        }
    }

    @Test("A search for many: the one is found, and nobody else's answer is taken away", arguments: modes)
    func searchForMany(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode) { scene in
            try scene.jira.add(fault: "status=403,body=html,operation=search,contains=DISLIKED")
            let controls = (1...12).map { $0 == 5 ? "DISLIKED" : "CC\($0)" }
            for control in controls {
                try scene.jira.createIssue(project: "COMP", summary: "by hand", labels: [control])
                try await scene.fail(control)
            }
            try await scene.running(slots: 16) {
                try await eventually("the others are adopted, and the one waits") {
                    let actions = try await scene.actions()
                    return actions["ticket.adopted"] == 11 && actions["ticket.held"] == 1
                }
                #expect(try await scene.actions()["connection.blocked"] == nil)
                scene.jira.clearFaults()
                try await scene.allFinished()
            }
            try await scene.expectExactlyOnce(issues: controls.count)
        }
    }

    @Test(
        "A firewall that refuses every search: the gate is shut with its words, and all flows when it is over",
        arguments: modes, [1, 4])
    func everybody(mode: SimulatedJira.Mode, failures: Int) async throws {
        try await Scene.with(mode) { scene in
            try scene.jira.add(fault: "status=403,body=html,operation=search")
            for number in 1...failures { try await scene.fail("CC\(number)") }
            try await scene.running(maxAttempts: 2) {
                try await eventually("probed") {
                    try await scene.database.value(
                        "SELECT count(*) FROM kushim_jira.gates WHERE reason LIKE '%HTTP 403%' AND failures > 2") == "1"
                }
                #expect(try await scene.actions() == ["connection.blocked": 1])
                scene.jira.clearFaults()
                try await scene.allFinished()
            }
            try await scene.expectExactlyOnce(issues: failures)
            #expect(try await scene.database.value("SELECT max(attempt) FROM kushim_jira.finished") == "1")
        }
    }

    @Test("As long as no other gets a ticket, no attempt is charged", arguments: modes)
    func noOtherPasses(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode) { scene in
            try scene.jira.add(fault: "status=403,body=html,operation=search,contains=CC")
            for number in 1...3 { try await scene.fail("CC\(number)") }
            try await scene.running(maxAttempts: 2) {
                try await eventually("each was tried again and again") {
                    try await scene.database.value(
                        "SELECT count(*) FROM kushim_jira.scheduled WHERE snoozes > 2") == "3"
                }
                #expect(try await scene.actions() == ["ticket.held": 3])
                scene.jira.clearFaults()
                try await scene.allFinished()
            }
            try await scene.expectExactlyOnce(issues: 3)
            #expect(try await scene.database.value("SELECT max(attempt) FROM kushim_jira.finished") == "1")
        }
    }

    @Test("The status of a ticket: its failure waits alone", arguments: modes)
    func status(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode, configure: { $0.statusFreshness = .zero }) { scene in
            for control in ["CC1", "CC2"] { try await scene.fail(control) }
            try await scene.runToTheEnd()
            try scene.jira.add(
                fault: "status=403,body=html,operation=getIssue,contains=/issue/\(try await scene.issueID("CC1"))")
            let job = try await scene.fail("CC1")
            let other = try await scene.fail("CC2")
            try await scene.running {
                try await eventually("the one waits, and the other is counted") {
                    let isDone = try await scene.state(other) == "completed"
                    return try await scene.lastError(job).contains("with other words") && isDone
                }
                let actions = try await scene.actions()
                #expect(actions["connection.blocked"] == nil && actions["ticket.held"] == 1, "\(actions)")
                scene.jira.clearFaults()
                try await scene.allFinished()
            }
            try await scene.expectExactlyOnce(issues: 2)
        }
    }

    @Test("What is asked before a comment: it alone is given up", arguments: modes, ["getIssue", "listComments"])
    func comment(mode: SimulatedJira.Mode, operation: String) async throws {
        try await Scene.with(
            mode,
            configure: {
                $0.settlingTime = .milliseconds(250)
                $0.sendWithin = .milliseconds(200)
            }
        ) { scene in
            for control in ["CC1", "CC2"] { try await scene.fail(control) }
            try await scene.runToTheEnd()
            let path = "/issue/\(try await scene.issueID("CC1"))"
            if operation == "listComments" {
                try scene.jira.add(fault: "close-before-commit,operation=addComment,contains=\(path),count=1")
            }
            try scene.jira.add(fault: "status=403,body=html,operation=\(operation),contains=\(path)")
            let job = try await scene.pass("CC1")
            let other = try await scene.pass("CC2")
            try await scene.running(maxAttempts: 3) { try await scene.allFinished() }
            #expect(try await scene.state(job) == "discarded")
            #expect(try await scene.lastError(job).contains("with other words"))
            #expect(try await scene.state(other) == "completed")
            #expect(scene.jira.comments.count == 1)
            #expect(try await scene.actions()["connection.blocked"] == nil)
        }
    }

    @Test("Many comments at once that are refused so keep nobody else waiting", arguments: modes)
    func comments(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode) { scene in
            let controls = (1...7).map { "CC\($0)" }
            for control in controls { try await scene.fail(control) }
            try await scene.runToTheEnd()
            // All are on their way before the first is answered.
            try scene.jira.add(fault: "delay-before=1500ms,operation=addComment")
            try scene.jira.add(fault: "status=403,body=html,operation=addComment")
            for control in controls { try await scene.pass(control) }
            try await scene.running {
                try await eventually("all are refused") {
                    try await scene.database.value("SELECT count(*) FROM kushim_jira.comments WHERE unproven > 0")
                        == "7"
                }
                try await scene.fail("K1")
                try await eventually("another gets its ticket") { scene.jira.issues.count == 8 }
                scene.jira.clearFaults()
                try await scene.allFinished()
            }
            try await scene.expectExactlyOnce(issues: 8)
            #expect(scene.jira.comments.count == 7)
            #expect(try await scene.actions()["connection.blocked"] == nil)
        }
    }

    @Test("Who is meant by a failure's words: the field is left out, and the record says why", arguments: modes)
    func person(mode: SimulatedJira.Mode) async throws {
        try await Scene.with(mode, configure: { $0.tickets.fields = ["customfield_10111": .text("{owner}")] }) {
            scene in
            try scene.jira.add(fault: "status=403,body=html,operation=findUsers,contains=disliked")
            try await scene.fail("CC1") { $0["owner"] = "disliked@acme-corp.com" }
            try await scene.fail("CC2") { $0["owner"] = "jane.doe@acme-corp.com" }
            try await scene.running { try await scene.allFinished() }
            try await scene.expectExactlyOnce(issues: 2)
            #expect(try await scene.actions()["connection.blocked"] == nil)
            let omitted = try await scene.database.query(
                """
                SELECT control_id, detail -> 'omitted' ->> 'customfield_10111' FROM kushim_jira.audit_log
                WHERE detail -> 'omitted' ? 'customfield_10111'
                """)
            #expect(omitted.count == 1 && omitted[0][0] == "CC1", "\(omitted)")
            #expect(omitted.first?[1]?.contains("HTTP 403") == true, "\(omitted)")
        }
    }
}

extension Scene {
    fileprivate func state(_ job: Int64) async throws -> String? {
        try await database.value("SELECT state FROM kushim_jira.job_status WHERE id = \(job)")
    }

    fileprivate func lastError(_ job: Int64) async throws -> String {
        try await database.value("SELECT last_error FROM kushim_jira.job_status WHERE id = \(job)") ?? ""
    }

    fileprivate func issueID(_ control: String) async throws -> String {
        let id = try await database.value("SELECT issue_id FROM kushim_jira.tickets WHERE control_id = '\(control)'")
        return try #require(id)
    }
}
