internal import CLibPQ
import Dispatch

/// Asks the server, over a connection of its own, to cancel what this one is doing.
///
/// `@unchecked Sendable`: the pointer is set once and freed once, and libpq states that PQcancel may be called from any thread
/// while the connection is used by another. Source: https://www.postgresql.org/docs/15/libpq-cancel.html
@safe final class CancellationHandle: @unchecked Sendable {
    private let pointer: OpaquePointer

    init(taking pointer: OpaquePointer) {
        unsafe self.pointer = pointer
    }

    deinit {
        unsafe PQfreeCancel(pointer)
    }

    /// PQcancel blocks until the server has taken the request, so it runs on a thread of Dispatch; a serial queue of its own, since
    /// the global ones have few threads and a server that does not answer would hold one for minutes.
    func cancel(then done: @escaping @Sendable () -> Void) {
        DispatchQueue(label: "postgres.cancel").async {
            var message = [CChar](repeating: 0, count: 256)
            _ = unsafe PQcancel(self.pointer, &message, Int32(message.count))
            done()
        }
    }
}
