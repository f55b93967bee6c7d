import Foundation
import Synchronization

/// Just enough of an HTTP/2 server (RFC 9113) to count requests and to refuse them.
final class HTTP2Script: Sendable {
    enum Reaction: Sendable {
        case answer200
        /// `RST_STREAM` with `REFUSED_STREAM`: "not processed, may be sent again" (section 8.7).
        case refuseStream
        /// `GOAWAY` that disowns the stream.
        case goAway
        /// `RST_STREAM` with `INTERNAL_ERROR`.
        case breakStream
    }

    private let server: OpenSSLServer
    private let state: Mutex<State>

    private struct State {
        var reactions: [Reaction]
        var requestCount = 0
        var largeRequestCount = 0
        var connectionCount = 0
    }

    /// - Parameter reactions: to the requests in order; those after them are answered.
    init(_ server: OpenSSLServer, _ reactions: [Reaction]) {
        self.server = server
        state = Mutex(State(reactions: reactions))
        Thread.detachNewThread { [self] in try? serve() }
    }

    var requestCount: Int { state.withLock { $0.requestCount } }
    /// Requests with headers of more than 500 bytes.
    var largeRequestCount: Int { state.withLock { $0.largeRequestCount } }
    var connectionCount: Int { state.withLock { $0.connectionCount } }

    private func serve() throws {
        let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
        while true {
            var head = try read(9)
            if head.elementsEqual(preface.prefix(9)) {
                _ = try read(preface.count - 9)
                state.withLock { $0.connectionCount += 1 }
                send(type: 4, flags: 0, stream: 0)  // our SETTINGS, all default
                head = try read(9)
            }
            let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
            let (type, flags) = (head[3], head[4])
            let stream = head[5...8].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
            _ = try read(length)
            if type == 1, length > 500 { state.withLock { $0.largeRequestCount += 1 } }
            switch type {
            case 0 where flags & 1 == 1, 1 where flags & 1 == 1:  // DATA or HEADERS that end the request
                react(to: stream)
            case 4 where flags & 1 == 0:  // SETTINGS
                send(type: 4, flags: 1, stream: 0)
            default:
                break
            }
        }
    }

    private func react(to stream: UInt32) {
        let reaction = state.withLock { state in
            state.requestCount += 1
            return state.reactions.isEmpty ? .answer200 : state.reactions.removeFirst()
        }
        switch reaction {
        // `:status 200` is entry 8 of HPACK's static table.
        case .answer200: send(type: 1, flags: 5, stream: stream, [0x88])
        case .refuseStream: send(type: 3, flags: 0, stream: stream, [0, 0, 0, 7])
        case .breakStream: send(type: 3, flags: 0, stream: stream, [0, 0, 0, 2])
        case .goAway: send(type: 7, flags: 0, stream: 0, [0, 0, 0, 0, 0, 0, 0, 0])
        }
    }

    private func send(type: UInt8, flags: UInt8, stream: UInt32, _ payload: [UInt8] = []) {
        let length = payload.count
        let head: [UInt8] =
            [UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255), type, flags]
            + [24, 16, 8, 0].map { UInt8(stream >> $0 & 255) }
        try? server.toClient.write(contentsOf: Data(head + payload))
    }

    private func read(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            guard let more = try server.fromClient.read(upToCount: count - bytes.count), !more.isEmpty else {
                throw Unexpected("the server was stopped")
            }
            bytes += more
        }
        return bytes
    }
}
