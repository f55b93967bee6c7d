import Dispatch
import Glibc
import Synchronization

/// Waits, without blocking a thread, until a socket can be read or written.
///
/// A Dispatch source fires for as long as its condition holds, so each is suspended but for the time of one wait.
///
/// After a hang-up a source fires once and never again (libdispatch drops it from its epoll set). So whoever waits must have read
/// all there is before: see `ConnectionHandle.hasUnreadInput`.
///
/// It watches a duplicate of the descriptor, closed when both sources are done with it: libpq may close its own at any time, and
/// a source on a number that the next connection reuses would never fire again.
///
/// `@unchecked Sendable`: Dispatch objects may be used from any thread, and what is done to these two happens under the lock.
final class SocketReadiness: @unchecked Sendable {
    enum Wakeup { case ready, woken, deadlinePassed, closed }

    private struct State {
        var waiter: CheckedContinuation<Wakeup, Never>?
        var isReading = false
        var isWriting = false
        /// What ends a wait came while nobody waited: the next one ends at once.
        var isWoken = false
        var isClosed = false
        var deadline: ContinuousClock.Instant?
        /// When the clock will be looked at next; ticks are not called off, they find nothing to do.
        var nextTick: ContinuousClock.Instant?
    }

    private final class Descriptor: Sendable {
        let number: Int32

        init(duplicating socket: Int32) {
            number = fcntl(socket, F_DUPFD_CLOEXEC, 0)
        }

        deinit {
            if number >= 0 { Glibc.close(number) }
        }
    }

    private static let queue = DispatchQueue(label: "postgres.readiness")
    private static let clock = ContinuousClock()

    private let state = Mutex(State())
    private let reader: any DispatchSourceRead
    private let writer: any DispatchSourceWrite

    /// nil when the process has no descriptor left.
    init?(socket: Int32) {
        let descriptor = Descriptor(duplicating: socket)
        guard descriptor.number >= 0 else { return nil }
        reader = DispatchSource.makeReadSource(fileDescriptor: descriptor.number, queue: Self.queue)
        writer = DispatchSource.makeWriteSource(fileDescriptor: descriptor.number, queue: Self.queue)
        reader.setEventHandler { [weak self] in self?.end(.ready) }
        writer.setEventHandler { [weak self] in self?.end(.ready) }
        // Each keeps the descriptor open until its source is cancelled for good.
        reader.setCancelHandler { _ = descriptor }
        writer.setCancelHandler { _ = descriptor }
    }

    deinit {
        close()
    }

    /// Returns when the socket is readable (or writable, if that is asked for too), at the deadline, or when it is woken or closed.
    func wait(orWritable: Bool = false) async -> Wakeup {
        await withCheckedContinuation { continuation in
            let already: Wakeup? = state.withLock { state in
                if state.isClosed { return .closed }
                if state.isWoken {
                    state.isWoken = false
                    return .woken
                }
                if let deadline = state.deadline, deadline <= Self.clock.now { return .deadlinePassed }
                state.waiter = continuation
                state.isReading = true
                state.isWriting = orWritable
                reader.resume()
                if orWritable { writer.resume() }
                return nil
            }
            if let already { continuation.resume(returning: already) }
        }
    }

    /// Ends the wait that is under way, or else the next one.
    func wake() {
        end(.woken)
    }

    /// Waits end at this instant; nil lets them last.
    func setDeadline(_ deadline: ContinuousClock.Instant?) {
        state.withLock { state in
            state.deadline = deadline
            scheduleTick(&state)
        }
    }

    /// Brings the deadline forward.
    func bringDeadline(to deadline: ContinuousClock.Instant) {
        state.withLock { state in
            state.deadline = min(state.deadline ?? deadline, deadline)
            scheduleTick(&state)
        }
    }

    /// A suspended source must not be released, so both are resumed and cancelled.
    func close() {
        end(.closed)
        state.withLock { state in
            guard !state.isClosed else { return }
            state.isClosed = true
            reader.cancel()
            writer.cancel()
            reader.resume()
            writer.resume()
        }
    }

    private func end(_ wakeup: Wakeup) {
        let waiter = state.withLock { state in
            if state.isReading { reader.suspend() }
            if state.isWriting { writer.suspend() }
            state.isReading = false
            state.isWriting = false
            // Nothing that was to end a wait may get lost between two of them.
            if state.waiter == nil, wakeup == .woken || wakeup == .ready { state.isWoken = true }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: wakeup)
    }

    /// One tick serves many statements: the deadline moves on with each, the tick only looks whether it has passed.
    private func scheduleTick(_ state: inout State) {
        guard let deadline = state.deadline, state.nextTick.map({ deadline < $0 }) ?? true else { return }
        state.nextTick = deadline
        let (seconds, attoseconds) = max(.zero, deadline - Self.clock.now).components
        let delay = Double(seconds) + Double(attoseconds) * 1e-18
        Self.queue.asyncAfter(deadline: .now() + delay) { [weak self] in self?.tick() }
    }

    private func tick() {
        let hasPassed = state.withLock { state in
            state.nextTick = nil
            guard let deadline = state.deadline else { return false }
            if deadline <= Self.clock.now { return true }
            scheduleTick(&state)
            return false
        }
        if hasPassed { end(.deadlinePassed) }
    }
}
