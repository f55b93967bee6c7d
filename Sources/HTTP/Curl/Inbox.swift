internal import Synchronization

/// Where tasks leave work for the thread that runs libcurl: the only thing the two sides share.
final class Inbox: Sendable {
    typealias Answer = Result<HTTPResponse, HTTPError>

    struct Submission: Sendable {
        let id: UInt64
        let request: HTTPRequest
        let headerLines: [String]
        let began: ContinuousClock.Instant
        let continuation: CheckedContinuation<Answer, Never>
    }

    struct Delivery: Sendable {
        var submissions: [Submission] = []
        var cancellations: [UInt64] = []
        var isStopping = false
    }

    private struct State {
        var delivery = Delivery()
        var waker: MultiHandle.Waker?
        var isClosed = false
        var hasEnded = false
        var waitingForEnd: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let lastID = Atomic<UInt64>(0)

    func nextID() -> UInt64 {
        lastID.add(1, ordering: .relaxed).newValue
    }

    /// Leaves a request, or answers at once when the task is cancelled already or nobody takes requests any more.
    func submit(_ submission: Submission) {
        let refusal: HTTPError.Kind? = state.withLock { state in
            if state.isClosed { return .shutDown }
            // Asked under the lock: a cancellation after this comes through `cancel`, hence after the submission.
            if Task.isCancelled { return .cancelled }
            state.delivery.submissions.append(submission)
            state.waker?.wake()
            return nil
        }
        if let refusal {
            submission.continuation.resume(returning: .failure(.unsent(refusal, submission.request)))
        }
    }

    func cancel(_ id: UInt64) {
        state.withLock { state in
            guard !state.isClosed else { return }
            state.delivery.cancellations.append(id)
            state.waker?.wake()
        }
    }

    /// Asks the thread to end; what is in flight fails.
    func stop() {
        state.withLock { state in
            state.delivery.isStopping = true
            state.waker?.wake()
        }
    }

    func waitForEnd() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if !state.hasEnded { state.waitingForEnd.append(continuation) }
                return state.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
    }

    // MARK: The thread's side

    /// From now on whoever leaves something here wakes the thread.
    func open(_ waker: MultiHandle.Waker) {
        state.withLock { $0.waker = waker }
    }

    func take() -> Delivery {
        state.withLock { state in
            let delivery = state.delivery
            state.delivery = Delivery(isStopping: delivery.isStopping)
            return delivery
        }
    }

    /// Takes no more and forgets the waker. To be called before the multi handle is cleaned up.
    func close() {
        let unanswered = state.withLock { state in
            state.isClosed = true
            state.waker = nil
            let unanswered = state.delivery.submissions
            state.delivery = Delivery(isStopping: true)
            return unanswered
        }
        for submission in unanswered {
            submission.continuation.resume(returning: .failure(.unsent(.shutDown, submission.request)))
        }
    }

    func announceEnd() {
        let waiting = state.withLock { state in
            state.hasEnded = true
            defer { state.waitingForEnd = [] }
            return state.waitingForEnd
        }
        for continuation in waiting {
            continuation.resume()
        }
    }
}
