import Foundation
import Jira
import Postgres
import Synchronization
import TestSupport

/// What upstream services insert while everything breaks: new failures, repeated ones, some below the threshold, passes of
/// controls that have a ticket, and failures of controls whose ticket was closed.
final class Workload: Sendable {
    private let world: World
    private let failures: Int
    private let duration: Duration
    /// Some failures are worded in a way that what stands before Jira dislikes.
    private let isDisliked: Bool
    /// Events say when they happened: by the database's wrong clock a pass may come before its failure.
    private let tellsTheTime: Bool
    private let state: Mutex<State>

    struct State: Sendable {
        var random: SeededRandom
        var serial = 0
        /// Controls with one failure so far, oldest first, by customer and id.
        var single: [Control] = []
        /// Controls that had exactly one failure when they passed, and nothing after it: one comment is theirs.
        var passed: [Control] = []
        /// Controls whose ticket was closed and that failed again after it: one comment is theirs.
        var failedAgain: [Control] = []
        var inserted = 0
    }

    struct Control: Sendable, Hashable {
        var customer: String
        var id: String
    }

    init(_ world: World, failures: Int, duration: Duration, isDisliked: Bool, tellsTheTime: Bool, seed: UInt64) {
        self.isDisliked = isDisliked
        self.tellsTheTime = tellsTheTime
        self.world = world
        self.failures = failures
        self.duration = duration
        state = Mutex(State(random: SeededRandom(seed: seed)))
    }

    var result: State { state.withLock { $0 } }

    /// Inserts all failures, spread over the time.
    func run() async throws {
        let began = ContinuousClock.now
        var closed: [Control] = []
        while state.withLock({ $0.inserted < failures }) {
            let batch = state.withLock { Int.random(in: 1...12, using: &$0.random) }
            for _ in 0..<min(batch, failures - state.withLock { $0.inserted }) {
                try await insertFailure()
            }
            if state.withLock({ $0.random.chance(0.5) }) { try await passOne() }
            if closed.count < 8, state.withLock({ $0.random.chance(0.2) }), let control = try await closeOne() {
                closed.append(control)
            }
            let share = Double(state.withLock { $0.inserted }) / Double(failures)
            let wait = began + duration * share - ContinuousClock.now
            if wait > .zero { try await Task.sleep(for: wait) }
        }
        for control in closed {
            try await insert("compliance_failure", control, Self.failure(control, severity: "high"))
            state.withLock { $0.failedAgain.append(control) }
        }
    }

    private func insertFailure() async throws {
        let (control, severity) = state.withLock { state -> (Control, String) in
            state.inserted += 1
            let kind = Double.random(in: 0..<1, using: &state.random)
            if kind < 0.1, let control = state.single.randomElement(using: &state.random) {
                state.single.removeAll { $0 == control }
                return (control, "high")
            }
            state.serial += 1
            let customer = ["acme", "globex", "initech"][Int.random(in: 0...2, using: &state.random)]
            let control = Control(customer: customer, id: "CC-\(state.serial)")
            if kind < 0.14 { return (control, "low") }
            state.single.append(control)
            return (control, ["critical", "high", "medium"][Int.random(in: 0...2, using: &state.random)])
        }
        var failure = Self.failure(control, severity: severity)
        if isDisliked, state.withLock({ $0.random.chance(0.02) }) {
            failure["failureReason"] = .string("A rule lets \(Intermediary.dislikedWords) pass.")
        }
        try await insert("compliance_failure", control, failure)
    }

    /// Of a control that has its ticket; from then on it is left alone, so that the number of comments is known.
    private func passOne() async throws {
        guard let control = try await takeOneWithTicket() else { return }
        try await insert(
            "compliance_pass", control, ["controlId": .string(control.id), "message": "All is well again."])
        state.withLock { $0.passed.append(control) }
    }

    private func closeOne() async throws -> Control? {
        guard let control = try await takeOneWithTicket() else { return nil }
        let key = try await world.rows(
            "SELECT issue_key FROM kushim_jira.tickets WHERE control_id = '\(control.id)' AND state = 'open'")
        guard let key = key.first?.first.flatMap({ $0 }) else { return nil }
        do {
            try await world.simulator.close(key)
        } catch {
            return nil  // Jira is suspended; another one will do
        }
        return control
    }

    private func takeOneWithTicket() async throws -> Control? {
        let open = Set(
            try await world.rows("SELECT control_id FROM kushim_jira.tickets WHERE state = 'open'").compactMap {
                $0.first ?? nil
            })
        return state.withLock { state in
            guard let control = state.single.filter({ open.contains($0.id) }).randomElement(using: &state.random)
            else { return nil }
            state.single.removeAll { $0 == control }
            return control
        }
    }

    private static func failure(_ control: Control, severity: String) -> [String: JSONValue] {
        [
            "controlId": .string(control.id), "controlTitle": .string("Control \(control.id)"),
            "severity": .string(severity), "failureReason": "It failed in the chaos test.", "integration": "AWS",
        ]
    }

    /// Whatever happens to the connection: exactly once, known by a mark in the payload.
    private func insert(_ kind: String, _ control: Control, _ payload: [String: JSONValue]) async throws {
        var payload = payload
        let mark = UUID().uuidString
        payload["insertion"] = .string(mark)
        if tellsTheTime {
            let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
            payload["detectedAt"] = .string(Date.now.formatted(style))
        }
        let insertion = InsertJob(
            kind: kind, customer: control.customer,
            payload: String(decoding: JSONValue.object(payload).serialized(), as: UTF8.self))
        for _ in 0..<100 {
            do {
                _ = try await world.producer.execute(insertion)
                return
            } catch {
                try await Task.sleep(for: .milliseconds(200))
                let known = try? await world.value(
                    "SELECT count(*) FROM kushim_jira.jobs WHERE payload ->> 'insertion' = '\(mark)'")
                if known == 1 { return }
            }
        }
        throw ConditionNotMet(description: "a failure could not be inserted")
    }
}

/// As any producer would.
private struct InsertJob: Statement {
    static let sql = """
        INSERT INTO kushim_jira.jobs (kind, customer_id, payload) VALUES ($1, $2, $3) RETURNING id
        """
    let kind: String
    let customer: String
    let payload: String

    var parameters: [any PostgresEncodable] { [kind, customer, PostgresJSON(text: payload)] }

    static func row(_ columns: inout ColumnReader) throws(PostgresError) -> Int64 {
        try columns.next()
    }
}
