import Foundation
import Glibc
import Synchronization

/// An HTTP proxy on loopback that gives tunnels (CONNECT) to one port of this host, whatever name it is asked for, or does what a
/// script says. It keeps all that clients sent through it.
final class ConnectProxy: Sendable {
    enum Reaction: Sendable {
        case tunnel
        /// The status line's end, such as `403 Forbidden`.
        case refuse(String)
        case closeAtOnce
        /// The tunnel is promised, and the connection closed.
        case closeAfterPromise
        /// The client's bytes pass until so many have, then both ends are closed.
        case breakAfter(Int)
    }

    private let server: ScriptedServer
    private let bytes: PassedBytes

    init(to port: UInt16, _ reaction: Reaction = .tunnel) throws {
        let passed = PassedBytes()
        self.bytes = passed
        server = try ScriptedServer { connection in
            let request = try connection.readRequest()
            guard request.method == "CONNECT" else { return try connection.respond("405 Method Not Allowed") }
            switch reaction {
            case .closeAtOnce: return
            case .refuse(let status): return try connection.respond(status, "the proxy's own words")
            case .closeAfterPromise: return try connection.send("HTTP/1.1 200 Connection established\r\n\r\n")
            case .tunnel, .breakAfter:
                try connection.send("HTTP/1.1 200 Connection established\r\nX-Proxy: mine\r\n\r\n")
            }
            var limit = Int.max
            if case .breakAfter(let count) = reaction { limit = count }
            try Self.tunnel(connection, to: port, limit: limit, passed)
        }
    }

    var url: String { server.url }
    /// The CONNECT requests.
    var requests: [ReceivedRequest] { server.requests }
    /// All that clients sent through tunnels.
    var sent: [UInt8] { bytes.all }

    func stop() { server.stop() }

    private static func tunnel(
        _ client: ServerConnection, to port: UInt16, limit: Int, _ passed: PassedBytes
    ) throws {
        let upstream = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(upstream) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(upstream, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw Unexpected("nothing listens behind the proxy") }
        Thread.detachNewThread {
            var chunk = [UInt8](repeating: 0, count: 65_536)
            while case let count = recv(upstream, &chunk, chunk.count, 0), count > 0 {
                guard (try? client.send(Array(chunk[..<count]))) != nil else { break }
            }
            client.interrupt()
        }
        defer { shutdown(upstream, Int32(SHUT_RDWR)) }
        var count = 0
        while count < limit {
            let byte = try client.readBytes(1)
            count += 1
            passed.append(byte)
            guard send(upstream, byte, 1, Int32(MSG_NOSIGNAL)) == 1 else { return }
        }
    }
}

private final class PassedBytes: Sendable {
    private let bytes = Mutex<[UInt8]>([])
    var all: [UInt8] { bytes.withLock { $0 } }
    func append(_ more: [UInt8]) { bytes.withLock { $0 += more } }
}
