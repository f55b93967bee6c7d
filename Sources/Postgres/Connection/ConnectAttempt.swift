import Dispatch
import Logging
import Synchronization

/// Connects on a thread of its own, since libpq blocks while it looks up names and waits for the server.
///
/// A task that is cancelled does not wait for it: the thread finishes when libpq does, and what it brings is closed.
final class ConnectAttempt: Sendable {
    private enum State {
        case notAwaited
        case awaited(CheckedContinuation<Result<PostgresConnection, PostgresError>, Never>)
        case over
    }

    private let state = Mutex(State.notAwaited)

    static func result(
        _ configuration: PostgresConfiguration, _ logger: Logger
    ) async -> Result<PostgresConnection, PostgresError> {
        let attempt = ConnectAttempt()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isAbandoned = attempt.state.withLock { state in
                    if case .over = state { return true }
                    state = .awaited(continuation)
                    return false
                }
                if isAbandoned { return continuation.resume(returning: .failure(cancelled)) }
                // A queue of its own gets a thread of its own; the global ones run out of them when hosts do not answer.
                DispatchQueue(label: "postgres.connect").async {
                    attempt.end(with: connection(configuration, logger))
                }
            }
        } onCancel: {
            attempt.end(with: .failure(cancelled))
        }
    }

    private static let cancelled = PostgresError(.cancelled, "cancelled while connecting to PostgreSQL")

    private static func connection(
        _ configuration: PostgresConfiguration, _ logger: Logger
    ) -> Result<PostgresConnection, PostgresError> {
        do throws(PostgresError) {
            let handle = try ConnectionHandle.connect(configuration, logger: logger)
            guard let readiness = SocketReadiness(socket: handle.socket) else {
                throw PostgresError(
                    .cannotConnect, "the process has no file descriptor left; raise LimitNOFILE (ulimit -n)")
            }
            return .success(PostgresConnection(handle, readiness, configuration, logger))
        } catch {
            return .failure(error)
        }
    }

    private func end(with result: Result<PostgresConnection, PostgresError>) {
        let continuation = state.withLock { state in
            defer { state = .over }
            if case .awaited(let continuation) = state { return Optional(continuation) }
            return nil
        }
        continuation?.resume(returning: result)
    }
}
