import Synchronization

/// Wakes one sleeper. Rings that come while nobody sleeps are kept as one, so none is missed and none is answered twice.
final class Alarm: Sendable {
    private struct State {
        var hasRung = false
        var sleeper: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func ring() {
        let sleeper = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard let sleeper = state.sleeper else {
                state.hasRung = true
                return nil
            }
            state.sleeper = nil
            return sleeper
        }
        sleeper?.resume()
    }

    /// Returns at the first ring, when `limit` is over, or when the task is cancelled. For one task at a time.
    /// - Returns: whether it rang before the limit was over.
    @discardableResult
    func wait(atMost limit: Duration, clock: WorkerClock) async -> Bool {
        let start = clock.now()
        // Cancelled and not awaited, so that whoever is woken goes on at once; should it ring late, one sleep is cut short.
        let timer = Task {
            try? await clock.sleep(limit)
            if !Task.isCancelled { ring() }
        }
        defer { timer.cancel() }
        await untilRung()
        return clock.now() - start < limit
    }

    private func untilRung() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let hasRung = state.withLock { state in
                    if state.hasRung {
                        state.hasRung = false
                        return true
                    }
                    state.sleeper = continuation
                    return false
                }
                if hasRung { continuation.resume() }
            }
        } onCancel: {
            ring()
        }
    }
}
