import Jira
import JiraSimulator
import TestSupport
import Testing

@testable import Compliance

/// Requests whose answers, every time, do not tell what became of them.
@Suite("A request that is answered in foreign words, every time")
struct UnprovenAnswerTests {
    static let modes: [SimulatedJira.Mode] = [.cloud, .dataCenter]
    private static let job =
        "SELECT id FROM kushim_jira.jobs WHERE kind = 'compliance_failure' AND payload ->> 'controlId' = 'CC13'"

    private func scene(_ mode: SimulatedJira.Mode, _ body: @Sendable (Scene) async throws -> Void) async throws {
        try await Scene.with(
            mode,
            configure: {
                $0.settlingTime = .milliseconds(250)
                $0.sendWithin = .milliseconds(200)
            }, body)
    }

    @Test(
        "For one failure's words: it waits alone while others pass, its pauses grow, and at last it is given up",
        arguments: modes,
        [
            "status=403,body=html", "status=405,body=text", "status=413,body=message", "status=500",
            "close-before-commit",
        ])
    func oneFailure(mode: SimulatedJira.Mode, answer: String) async throws {
        try await scene(mode) { scene in
            for operation in ["createIssue", "bulkCreateIssues"] {
                try scene.jira.add(fault: "\(answer),operation=\(operation),contains=CC13")
            }
            var others = 0
            try await scene.running(maxAttempts: 3) {
                try await scene.fail("CC13")
                try await eventually(within: .seconds(300), "it is given up") {
                    others += 1
                    try await scene.fail("K\(others)")
                    try await Task.sleep(for: .milliseconds(300))
                    return try await scene.database.value(
                        "SELECT state FROM kushim_jira.job_status WHERE id = (\(Self.job))") == "discarded"
                }
                try await scene.allFinished()
            }
            try await scene.expectExactlyOnce(issues: others)
            let actions = try await scene.actions()
            #expect(
                actions["ticket.held", default: 0] >= 1 && actions["job.retried"] == 2 && actions["job.discarded"] == 1)
            let words = answer.hasPrefix("status") ? "HTTP \(answer.dropFirst(7).prefix(3))" : "no answer from Jira"
            let reason = try await scene.database.value(
                "SELECT last_error FROM kushim_jira.job_status WHERE id = (\(Self.job))")
            #expect(reason?.contains(words) == true, "\(reason ?? "")")
            let held = try await scene.database.value(
                "SELECT detail ->> 'reason' FROM kushim_jira.audit_log WHERE action = 'ticket.held'")
            #expect(held?.contains(words) == true && held?.contains("Others are created meanwhile") == true)
            let ticket = try await scene.database.query(
                "SELECT state, in_doubt, sends FROM kushim_jira.tickets WHERE control_id = 'CC13'")
            #expect(ticket.first?[0] == "refused" && ticket.first?[1] == "f", "\(ticket)")
            #expect((2...40).contains(Int(ticket.first?[2] ?? "") ?? 0), "\(ticket)")
        }
    }

    @Test(
        "For everybody: the gate is shut with the words that came, no attempt is charged, and all flows when it is over",
        arguments: modes, [1, 4])
    func everybody(mode: SimulatedJira.Mode, failures: Int) async throws {
        try await scene(mode) { scene in
            for operation in ["createIssue", "bulkCreateIssues"] {
                try scene.jira.add(fault: "status=405,body=text,operation=\(operation)")
            }
            for number in 1...failures { try await scene.fail("CC\(number)") }
            try await scene.running(maxAttempts: 2) {
                try await eventually("the gate is shut") {
                    try await scene.database.value(
                        """
                        SELECT count(*) FROM kushim_jira.gates
                        WHERE cause = 'configuration' AND reason LIKE '%HTTP 405%'
                        """) == "1"
                }
                try await eventually("probed") {
                    Int(try await scene.database.value("SELECT max(failures) FROM kushim_jira.gates") ?? "") ?? 0 > 2
                }
                try await eventually("all say why") {
                    try await scene.database.query(
                        "SELECT last_error FROM kushim_jira.job_status WHERE kind LIKE 'comp%'"
                    )
                    .allSatisfy { $0[0]?.contains("HTTP 405") == true }
                }
                #expect(try await scene.actions() == ["connection.blocked": 1])
                scene.jira.clearFaults()
                try await scene.allFinished()
            }
            try await scene.expectExactlyOnce(issues: failures)
            #expect(try await scene.database.value("SELECT max(attempt) FROM kushim_jira.finished") == "1")
        }
    }

    @Test("A comment: the words stand in the job's error, and it is given up at last", arguments: modes)
    func comment(mode: SimulatedJira.Mode) async throws {
        try await scene(mode) { scene in
            try await scene.fail("CC13")
            try await scene.runToTheEnd()
            try scene.jira.add(fault: "status=403,body=text,operation=addComment")
            let job = try await scene.pass("CC13")
            try await scene.running(maxAttempts: 3) { try await scene.allFinished() }
            #expect(
                try await scene.database.value("SELECT state FROM kushim_jira.job_status WHERE id = \(job)")
                    == "discarded")
            let reason = try await scene.database.value(
                "SELECT last_error FROM kushim_jira.job_status WHERE id = \(job)")
            #expect(reason?.contains("HTTP 403") == true, "\(reason ?? "")")
            #expect(scene.jira.counters[.addComment] == 3)
            #expect(scene.jira.comments.isEmpty)
        }
    }

    @Test("The comment on a closed ticket costs the failure nothing but itself", arguments: modes)
    func commentAfterClose(mode: SimulatedJira.Mode) async throws {
        try await Scene.withClosedTicket(
            mode,
            configure: {
                $0.settlingTime = .milliseconds(250)
                $0.sendWithin = .milliseconds(200)
            }
        ) { scene in
            try scene.jira.add(fault: "status=413,body=html,operation=addComment")
            try await scene.fail("CC1")
            try await scene.running(maxAttempts: 3) { try await scene.allFinished() }
            try await scene.expectExactlyOnce(issues: 1)
            let comment = try await scene.database.value(
                """
                SELECT detail ->> 'comment' FROM kushim_jira.audit_log
                WHERE action = 'ticket.deduplicated' AND detail ->> 'rule' = 'within_window'
                """)
            #expect(comment?.contains("HTTP 413") == true, "\(comment ?? "")")
        }
    }
}
