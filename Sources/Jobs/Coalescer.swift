import Synchronization

/// Group commit for calls: while flushes are in flight further calls gather, and the next flush takes them all.
///
/// An idle coalescer flushes a lone call at once, a busy one makes batches as large as its flushes are slow, or as `spacing` is
/// long.
package final class Coalescer<Input: Sendable, Output: Sendable>: Sendable {
    private struct Call: Sendable {
        let input: Input
        let answer: (@Sendable (Result<Output, any Error>) -> Void)?
    }

    private struct State {
        var waiting: [Call] = []
        /// Flushes in flight, or about to begin.
        var lanes = 0
        var lastBegan: ContinuousClock.Instant?
    }

    private let maximum: Int
    private let lanes: Int
    private let spacing: Duration
    private let flush: @Sendable ([Input]) async throws -> [Output]
    private let state = Mutex(State())

    /// - Parameters:
    ///   - maximum: the most inputs in one flush.
    ///   - lanes: the most flushes at a time.
    ///   - spacing: the least time from the beginning of one flush to that of the next, unless that is full: where flushes cost
    ///     more than their time.
    ///   - flush: answers each input, in order. An error it throws is every caller's of that batch, and nobody else's.
    package init(
        maximum: Int = 128, lanes: Int = 1, spacing: Duration = .zero,
        flush: @escaping @Sendable ([Input]) async throws -> [Output]
    ) {
        self.maximum = max(maximum, 1)
        self.lanes = max(lanes, 1)
        self.spacing = spacing
        self.flush = flush
    }

    /// Waits for the flush that takes `input`. Cancelling the caller neither takes it out nor disturbs the others of its batch.
    package func submit(_ input: Input) async throws -> Output {
        try await withCheckedThrowingContinuation { continuation in
            enqueue(Call(input: input, answer: { continuation.resume(with: $0) }))
        }
    }

    /// The same for a caller that does not wait.
    package func add(_ input: Input) {
        enqueue(Call(input: input, answer: nil))
    }

    /// Calls that no flush has taken yet.
    package var waitingCount: Int { state.withLock { $0.waiting.count } }

    private func enqueue(_ call: Call) {
        let beginsLane = state.withLock { state in
            state.waiting.append(call)
            guard state.lanes < lanes else { return false }
            state.lanes += 1
            return true
        }
        // A task of its own, since a batch belongs to all its callers and must outlive the cancellation of any of them.
        // It ends when nothing waits.
        if beginsLane { Task { await flushWhileAnyWait() } }
    }

    /// The time of the lane's next flush, nil when nothing waits: then a later call begins a lane anew.
    private func nextTurn() -> ContinuousClock.Instant? {
        state.withLock { state in
            if state.waiting.count >= maximum { return .now }
            guard state.waiting.isEmpty else { return state.lastBegan.map { $0 + spacing } ?? .now }
            state.lanes -= 1
            return nil
        }
    }

    private func nextBatch() -> [Call] {
        state.withLock { state in
            state.lastBegan = .now
            let batch = Array(state.waiting.prefix(maximum))
            state.waiting.removeFirst(batch.count)
            return batch
        }
    }

    private func flushWhileAnyWait() async {
        while let turn = nextTurn() {
            if spacing > .zero { try? await Task.sleep(until: turn, clock: .continuous) }
            let batch = nextBatch()
            if batch.isEmpty { continue }  // another lane took them
            do {
                let outputs = try await flush(batch.map(\.input))
                guard outputs.count == batch.count else {
                    throw CoalescerError(inputs: batch.count, outputs: outputs.count)
                }
                for (call, output) in zip(batch, outputs) { call.answer?(.success(output)) }
            } catch {
                for call in batch { call.answer?(.failure(error)) }
            }
        }
    }
}

/// A flush that did not answer each of its inputs: a fault of the program.
package struct CoalescerError: Error, Sendable, CustomStringConvertible {
    package let inputs: Int
    package let outputs: Int
    package var description: String { "a flush of \(inputs) answered \(outputs)" }
}
