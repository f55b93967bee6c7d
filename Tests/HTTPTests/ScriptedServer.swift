import Foundation
import Glibc
import Synchronization

/// A server on loopback that does to each connection what a script says, honest or not. Blocking sockets, a thread each.
final class ScriptedServer: Sendable {
    typealias Script = @Sendable (ServerConnection) throws -> Void

    let port: UInt16
    private let listener: Int32
    private let state = Mutex(State())

    private struct State {
        var connections: [ServerConnection] = []
        var requests: [ReceivedRequest] = []
        var isStopped = false
        var isListening = true
    }

    /// - Parameters:
    ///   - isDeaf: keeps the port and refuses connections.
    ///   - script: called on a thread of its own for each connection, which is closed when it returns or throws.
    init(isDeaf: Bool = false, _ script: @escaping Script) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic -> UInt16? in
                guard bind(listener, generic, length) == 0, isDeaf || listen(listener, 512) == 0,
                    getsockname(listener, generic, &length) == 0
                else { return nil }
                return UInt16(bigEndian: pointer.pointee.sin_port)
            }
        }
        guard let port else { throw POSIXError(.EADDRNOTAVAIL) }
        self.port = port
        if !isDeaf { Thread.detachNewThread { [self] in acceptAll(script) } }
    }

    var url: String { "http://127.0.0.1:\(port)" }

    var requests: [ReceivedRequest] { state.withLock { $0.requests } }

    var connections: [ServerConnection] { state.withLock { $0.connections } }

    var connectionCount: Int { state.withLock { $0.connections.count } }

    func connection(_ number: Int) -> ServerConnection? {
        state.withLock { $0.connections.count > number ? $0.connections[number] : nil }
    }

    /// How many times a request with that path was received.
    func deliveries(of path: String) -> Int {
        requests.count { $0.path == path }
    }

    /// From now on connections are refused.
    func stopListening() {
        state.withLock { state in
            // Once the descriptor is closed, its number may already be another server's.
            if state.isListening { shutdown(listener, Int32(SHUT_RDWR)) }
        }
    }

    func stop() {
        let connections = state.withLock { state in
            state.isStopped = true
            return state.connections
        }
        stopListening()
        connections.forEach { $0.interrupt() }
    }

    private func acceptAll(_ script: @escaping Script) {
        while true {
            let descriptor = accept(listener, nil, nil)
            guard descriptor >= 0 else { break }
            let connection = state.withLock { state in
                let connection = ServerConnection(descriptor, number: state.connections.count) { [weak self] request in
                    self?.state.withLock { $0.requests.append(request) }
                }
                state.connections.append(connection)
                if state.isStopped { connection.interrupt() }
                return connection
            }
            Thread.detachNewThread {
                try? script(connection)
                connection.close()
            }
        }
        state.withLock { state in
            state.isListening = false
            Glibc.close(listener)
        }
    }
}

/// Runs a body against a server, and stops the server.
func withServer<T>(
    _ script: @escaping ScriptedServer.Script, isolation: isolated (any Actor)? = #isolation,
    _ body: (ScriptedServer) async throws -> T
) async throws -> T {
    let server = try ScriptedServer(script)
    defer { server.stop() }
    return try await body(server)
}
