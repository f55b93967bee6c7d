import JiraSimulator
import TestSupport
import Testing

@testable import Compliance

/// A gateway, a firewall or a proxy can answer in its own words after Jira did the work, or instead of Jira.
@Suite("Only Jira's own answer proves that nothing was made")
struct WhoseAnswerTests {
    static let modes: [SimulatedJira.Mode] = [.cloud, .dataCenter]
    private static let statuses = [200, 201, 302, 400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 502, 503]
    private static let bodies = ["html", "text", "message", "empty", "malformed"]

    /// Every status with every body, each once for a control of its own.
    private static let answers: [(control: String, fault: String)] = statuses.flatMap { status in
        bodies.map { "status=\(status),body=\($0)" }
    }.enumerated().map { ("K\(100 + $0)", $1) }

    private func fault(_ operation: SimulatedJira.Operation, isDone: Bool, in scene: Scene) throws {
        for (control, answer) in Self.answers {
            try scene.jira.add(
                fault:
                    "\(answer),committed=\(isDone ? "yes" : "no"),operation=\(operation.rawValue),contains=\(control),count=1"
            )
        }
    }

    // Each case is a burst of its own: of each test one at a time.
    @Test(
        "One issue for each failure, whatever was answered, and whether the work was done or not", .serialized,
        arguments: modes, [true, false])
    func issues(mode: SimulatedJira.Mode, isDone: Bool) async throws {
        try await Scene.with(mode) { scene in
            try fault(.createIssue, isDone: isDone, in: scene)
            for (control, _) in Self.answers { try await scene.fail(control) }
            // Few enough for each to be sent by itself.
            try await scene.running(slots: 4) { try await scene.allFinished() }
            try await scene.expectExactlyOnce(issues: Self.answers.count)
            let actions = try await scene.actions()
            let adopted = actions["ticket.adopted", default: 0]
            // While the gate is shut an answer cannot be proven: then its issue is adopted.
            let all = isDone ? adopted : adopted + actions["ticket.created", default: 0]
            #expect(all == Self.answers.count, "\(actions)")
        }
    }

    @Test(
        "An answer that names another control's issue makes no ticket of it, whether the work was done or not",
        arguments: TicketKind.allCases, ["yes", "no"])
    func anothersIssue(kind: TicketKind, isDone: String) async throws {
        try await kind.scene { scene in
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            let operation: SimulatedJira.Operation = kind.isRequest ? .createRequest : .createIssue
            try scene.jira.add(
                fault: "status=201,body=earlier,committed=\(isDone),operation=\(operation.rawValue),count=1")
            try await scene.fail("CC2")
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 2)
            #expect(try await scene.ledger() == ["CC1 open \(kind.project)-1", "CC2 open \(kind.project)-2"])
            #expect(try await scene.actions()["ticket.deleted"] == nil)
        }
    }

    @Test(
        "What Jira seemed to refuse and made all the same is found before it is sent again, or given up",
        arguments: TicketKind.allCases,
        ["status=403,body=jira", "status=400,body=jira", "status=400,body=field", "status=404,body=jira"])
    func refusedInJirasWords(kind: TicketKind, answer: String) async throws {
        try await kind.scene { scene in
            let operation: SimulatedJira.Operation = kind.isRequest ? .createRequest : .createIssue
            try scene.jira.add(fault: "\(answer),committed=yes,operation=\(operation.rawValue),count=1")
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try await scene.expectExactlyOnce(issues: 1)
            let sends = try await scene.database.query(
                "SELECT detail ->> 'sends' FROM kushim_jira.audit_log WHERE action = 'ticket.adopted'")
            #expect(sends == [["1"]])
        }
    }

    @Test(
        "A comment that Jira seemed to refuse and posted all the same is looked for before it is sent again",
        arguments: modes, [400, 429])
    func commentRefusedInJirasWords(mode: SimulatedJira.Mode, status: Int) async throws {
        try await Scene.with(mode) { scene in
            try await scene.fail("CC1")
            try await scene.runToTheEnd()
            try scene.jira.add(fault: "status=\(status),body=jira,committed=yes,operation=addComment,count=1")
            try await scene.pass("CC1")
            try await scene.runToTheEnd()
            #expect(scene.jira.comments.count == 1)
            #expect(
                try await scene.database.value(
                    "SELECT detail ->> 'foundAfterDoubt' FROM kushim_jira.audit_log WHERE action = 'ticket.commented'")
                    == "true")
        }
    }

    @Test("One request of a service desk for each failure", .serialized, arguments: modes, [true, false])
    func requests(mode: SimulatedJira.Mode, isDone: Bool) async throws {
        try await Scene.withServiceDesk(mode) { scene in
            try fault(.createRequest, isDone: isDone, in: scene)
            for (control, _) in Self.answers { try await scene.fail(control) }
            try await scene.running(slots: 4) { try await scene.allFinished() }
            try await scene.expectExactlyOnce(issues: Self.answers.count)
        }
    }

    @Test("One comment for each pass", .serialized, arguments: modes, [true, false])
    func comments(mode: SimulatedJira.Mode, isDone: Bool) async throws {
        try await Scene.with(mode) { scene in
            for (control, _) in Self.answers { try await scene.fail(control) }
            try await scene.runToTheEnd()
            try fault(.addComment, isDone: isDone, in: scene)
            for (control, _) in Self.answers { try await scene.pass(control) }
            try await scene.running(slots: 4) { try await scene.allFinished() }
            #expect(scene.jira.issues.map(\.comments.count) == Self.answers.map { _ in 1 })
            #expect(try await scene.actions()["ticket.commented"] == Self.answers.count)
        }
    }
}
