import Foundation
import Glibc
import Synchronization

/// Takes the POSTs of a webhook on loopback and does to each what its script says. One thread, since it blocks.
final class StandInForSlack: Sendable {
    enum Answer: Sendable {
        case status(Int, body: String = "ok", retryAfter: String = "1")
        /// The message is read, and the connection closed.
        case silence
    }

    let webhook: String
    private let listener: Int32
    private let state = Mutex<(script: [Answer], messages: [String])>(([], []))

    struct CannotListen: Error {}

    /// - Parameter script: for the first messages; every later one is taken with 200.
    init(_ script: [Answer] = []) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = listener
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(socket, pointer, length) == 0 && listen(socket, 16) == 0
                    && getsockname(socket, pointer, &length) == 0
            }
        }
        guard isBound else { throw CannotListen() }
        webhook = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))/webhook-secret"
        state.withLock { $0.script = script }
        Thread.detachNewThread { [weak self] in
            while true {
                let connection = accept(socket, nil, nil)
                if connection < 0 {
                    close(socket)
                    return
                }
                self?.serve(connection)
                close(connection)
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
    }

    /// The bodies that arrived, whether they were answered or not.
    var messages: [String] { state.withLock { $0.messages } }

    private func serve(_ connection: Int32) {
        guard let body = Self.body(connection) else { return }
        let answer = state.withLock { state -> Answer in
            state.messages.append(body)
            return state.script.isEmpty ? .status(200) : state.script.removeFirst()
        }
        guard case .status(let status, let body, let retryAfter) = answer else { return }
        let text =
            "HTTP/1.1 \(status) X\r\nContent-Length: \(body.utf8.count)\r\nRetry-After: \(retryAfter)\r\n"
            + "Connection: close\r\n\r\n\(body)"
        _ = text.withCString { send(connection, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
    }

    private static func body(_ connection: Int32) -> String? {
        var received = ""
        while true {
            if let end = received.range(of: "\r\n\r\n") {
                let header = received[..<end.lowerBound].lowercased()
                let length = header.split(separator: "content-length: ").last?.prefix { $0.isNumber }
                if received[end.upperBound...].utf8.count >= length.flatMap({ Int($0) }) ?? 0 {
                    return String(received[end.upperBound...])
                }
            }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = recv(connection, &buffer, buffer.count, 0)
            if count <= 0 { return nil }
            received += String(decoding: buffer[..<count], as: UTF8.self)
        }
    }
}
