import Dispatch
import Synchronization

/// Sees to it that a request to cancel reaches the statement it was meant for and no later one: a statement does not end before a
/// request that is under way has ended too.
///
/// PostgreSQL signals the session before it closes the connection that brought the request, and a session that is idle by then
/// ignores it. So after PQcancel has returned, nothing can hit a statement that is sent later.
final class StatementCancellation: Sendable {
    /// What became of the request when its statement is over.
    enum Outcome { case notRequested, requested, unanswered }

    private enum Phase {
        case idle
        case running
        case requesting(awaitedBy: CheckedContinuation<Outcome, Never>?)
        case requested
    }

    private struct State {
        var phase = Phase.idle
        /// So that what comes late for one statement does not meddle with the next.
        var statement = 0
    }

    private static let timers = DispatchQueue(label: "postgres.cancel.timers")

    private let handle: CancellationHandle?
    private let readiness: SocketReadiness
    private let grace: Duration
    private let state = Mutex(State())

    /// - Parameter grace: how long the server may take, both for the request and for the statement's end.
    init(_ handle: CancellationHandle?, _ readiness: SocketReadiness, grace: Duration) {
        self.handle = handle
        self.readiness = readiness
        self.grace = grace
    }

    func begin() {
        state.withLock { state in
            state.statement += 1
            state.phase = .running
        }
    }

    var isRequested: Bool {
        state.withLock { state in
            switch state.phase {
            case .idle, .running: false
            case .requesting, .requested: true
            }
        }
    }

    func cancel() {
        let statement: Int? = state.withLock { state in
            guard case .running = state.phase else { return nil }
            state.phase = .requesting(awaitedBy: nil)
            return state.statement
        }
        guard let statement else { return }
        readiness.bringDeadline(to: .now + grace)
        guard let handle else { return answered(statement, .requested) }
        handle.cancel { self.answered(statement, .requested) }
    }

    /// - Returns: `unanswered` when the request did not get through in time; then the connection must not be used any more.
    func end() async -> Outcome {
        await withCheckedContinuation { continuation in
            let outcome: Outcome? = state.withLock { state in
                switch state.phase {
                case .idle, .running:
                    state.phase = .idle
                    return .notRequested
                case .requested:
                    state.phase = .idle
                    return .requested
                case .requesting:
                    state.phase = .requesting(awaitedBy: continuation)
                    let statement = state.statement
                    let milliseconds = Int(clamping: grace.wholeMilliseconds)
                    Self.timers.asyncAfter(deadline: .now() + .milliseconds(milliseconds)) {
                        self.answered(statement, .unanswered)
                    }
                    return nil
                }
            }
            if let outcome { continuation.resume(returning: outcome) }
        }
    }

    private func answered(_ statement: Int, _ outcome: Outcome) {
        let continuation = state.withLock { state -> CheckedContinuation<Outcome, Never>? in
            guard state.statement == statement, case .requesting(let awaitedBy) = state.phase else { return nil }
            state.phase = awaitedBy == nil ? .requested : .idle
            return awaitedBy
        }
        continuation?.resume(returning: outcome)
    }
}
