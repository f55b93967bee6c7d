/// Group commit for calls: while one flush is in flight further calls gather, and the next flush takes them all.
///
/// An idle coalescer flushes a lone call at once, a busy one makes batches as large as its flushes are slow, or as `spacing` is
/// long.
package actor Coalescer<Input: Sendable, Output: Sendable> {
    private struct Call {
        let input: Input
        let continuation: CheckedContinuation<Output, any Error>
    }

    private let maximum: Int
    private let spacing: Duration
    private let flush: @Sendable ([Input]) async throws -> [Output]
    private var waiting: [Call] = []
    private var isFlushing = false
    private var lastBegan: ContinuousClock.Instant?

    /// - Parameters:
    ///   - maximum: the most inputs in one flush.
    ///   - spacing: the least time from the beginning of one flush to that of the next, where flushes cost more than their time.
    ///   - flush: answers each input, in order. An error it throws is every caller's of that batch, and nobody else's.
    package init(
        maximum: Int = 128, spacing: Duration = .zero, flush: @escaping @Sendable ([Input]) async throws -> [Output]
    ) {
        self.maximum = max(maximum, 1)
        self.spacing = spacing
        self.flush = flush
    }

    /// Waits for the flush that takes `input`. Cancelling the caller neither takes it out nor disturbs the others of its batch.
    package func submit(_ input: Input) async throws -> Output {
        try await withCheckedThrowingContinuation { continuation in
            waiting.append(Call(input: input, continuation: continuation))
            if !isFlushing {
                isFlushing = true
                // A task of its own, since a batch belongs to all its callers and must outlive the cancellation of any of them.
                // It ends when nothing waits.
                Task { await flushWhileAnyWait() }
            }
        }
    }

    /// Calls that no flush has taken yet.
    package var waitingCount: Int { waiting.count }

    private func flushWhileAnyWait() async {
        while !waiting.isEmpty {
            if let lastBegan, spacing > .zero { try? await Task.sleep(until: lastBegan + spacing, clock: .continuous) }
            lastBegan = .now
            let batch = Array(waiting.prefix(maximum))
            waiting.removeFirst(batch.count)
            do {
                let outputs = try await flush(batch.map(\.input))
                guard outputs.count == batch.count else {
                    throw CoalescerError(inputs: batch.count, outputs: outputs.count)
                }
                for (call, output) in zip(batch, outputs) { call.continuation.resume(returning: output) }
            } catch {
                for call in batch { call.continuation.resume(throwing: error) }
            }
        }
        isFlushing = false
    }
}

/// A flush that did not answer each of its inputs: a fault of the program.
package struct CoalescerError: Error, Sendable, CustomStringConvertible {
    package let inputs: Int
    package let outputs: Int
    package var description: String { "a flush of \(inputs) answered \(outputs)" }
}
