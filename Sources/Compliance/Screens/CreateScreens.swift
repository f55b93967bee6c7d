import Jira

/// What is known of the create screens of projects: asked once, kept for a while.
///
/// Where createmeta cannot be had, since the account may not or the Jira is too old, tickets are sent as the settings have
/// them, and Jira says what it does not take.
actor CreateScreens {
    private struct Known {
        let answer: CreateScreenAnswer
        let asked: ContinuousClock.Instant
        let answered = ContinuousClock.now
    }

    private struct Asking {
        let task: Task<CreateScreenAnswer, any Error>
        let since = ContinuousClock.now
    }

    private var known: [GateScope: Known] = [:]
    private var asking: [GateScope: Asking] = [:]

    /// - Parameter age: the most that an answer may have that is there already.
    func screen(
        of project: String, _ kind: IssueKind, notOlderThan age: Duration, _ asker: Asker
    ) async throws -> CreateScreenAnswer {
        // Of all customers who share it.
        let target = GateScope.target(at: asker.connection.baseURL, project: project, kind)
        if let known = known[target], known.answered.duration(to: .now) < age { return known.answer }
        let current = asking[target].flatMap { $0.since.duration(to: .now) < age ? $0 : nil }
        // A task of its own, since all who ask meanwhile wait for it, whatever becomes of the first.
        let asked = current ?? Asking(task: Task { try await Self.ask(project, kind, asker) })
        asking[target] = asked
        defer { if asking[target]?.task == asked.task { asking[target] = nil } }
        let answer = try await asked.task.value
        if known.count >= 10_000 { known = [:] }
        if known[target].map({ $0.asked < asked.since }) ?? true {
            known[target] = Known(answer: answer, asked: asked.since)
        }
        return answer
    }

    private static func ask(
        _ project: String, _ kind: IssueKind, _ asker: Asker
    ) async throws -> CreateScreenAnswer {
        try await asker.guarded { () async throws(JiraError) in
            try await asker.jira.client.createScreen(of: project, for: kind)
        }
    }
}
