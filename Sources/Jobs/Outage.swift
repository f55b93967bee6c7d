import Logging
import Postgres
import Synchronization

/// Says once that something stopped working and once that it works again, however often it is tried in between.
final class Outage: Sendable {
    private struct State {
        var failures = 0
        var error: String?
    }

    /// One failure is nothing yet: connections end, servers restart.
    private static let manyFailures = 3
    private let what: String
    private let logger: Logger
    private let state = Mutex(State())

    init(_ what: String, logger: Logger) {
        self.what = what
        self.logger = logger
    }

    func failed(_ error: any Error) {
        let text = "\(error)\(remedy(error))"
        let wasOn = state.withLock { state in
            defer {
                // It took seconds to fail for a lock.
                let isSure = (error as? PostgresError)?.isLockTimeout == true
                state.failures = isSure ? max(state.failures + 1, Self.manyFailures) : state.failures + 1
                state.error = text
            }
            return state.failures > 0
        }
        logger.log(
            level: wasOn ? .debug : .warning, "\(what) failed; trying again", metadata: ["error": "\(text)"])
    }

    func recovered() {
        let wasOn = state.withLock { state in
            defer { state = State() }
            return state.failures > 0
        }
        if wasOn { logger.info("\(what) works again") }
    }

    /// What it fails with again and again; nil when it works.
    var problem: String? {
        state.withLock { $0.failures >= Self.manyFailures ? $0.error.map { "\(what) keeps failing: \($0)" } : nil }
    }

    /// What it failed with the last time, if it has not worked since.
    var lastError: String? { state.withLock { $0.error } }

    private func remedy(_ error: any Error) -> String {
        (error as? PostgresError)?.remedy.map { "; \($0)" } ?? ""
    }
}
