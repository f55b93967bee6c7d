import Logging
import ServiceLifecycle
import Synchronization

/// Listens as soon as it can: an address that is taken, or not there yet, costs health and metrics, never a ticket.
struct PatientListener: Service {
    let listener: HTTPListener
    let trouble: ListenTrouble
    let logger: Logger
    /// Told each time that listening fails for another reason.
    let onTrouble: @Sendable () -> Void
    private static let pauses = (first: Duration.seconds(1), longest: Duration.seconds(60))

    func run() async throws {
        var pause = Self.pauses.first
        while true {
            do {
                try await listener.run()
                return
            } catch let failure as CommandFailure {
                if trouble.set("\(failure.what): \(failure.message)") {
                    logger.error(
                        "health, readiness and metrics cannot be asked for; jobs are done all the same, and it is tried again",
                        metadata: ["error": "\(failure.message)", "hint": "\(failure.hint ?? "")"])
                    onTrouble()
                }
            }
            let next = pause
            let isStopping = await cancelWhenGracefulShutdown { await Self.sleepIsCutShort(next) }
            if isStopping { return }
            pause = min(pause * 2, Self.pauses.longest)
        }
    }

    private static func sleepIsCutShort(_ pause: Duration) async -> Bool {
        do {
            try await Task.sleep(for: pause)
            return false
        } catch {
            return true
        }
    }
}

/// Why nothing listens on `http.listen`; for the status line.
final class ListenTrouble: Sendable {
    private let words = Mutex<String?>(nil)

    var text: String? { words.withLock { $0 } }

    /// - Returns: whether that is news.
    func set(_ text: String) -> Bool {
        words.withLock { words in
            defer { words = text }
            return words != text
        }
    }

    func clear() { words.withLock { $0 = nil } }
}
