import Foundation
import Glibc
import Synchronization

struct ReceivedRequest: Sendable {
    var method: String
    var path: String
    var headers: [(name: String, value: String)]
    var body: [UInt8]

    func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// The server's end of one connection.
final class ServerConnection: Sendable {
    /// The first connection of a server is 0.
    let number: Int
    private let descriptor: Int32
    private let isOpen = Mutex(true)
    private let received: @Sendable (ReceivedRequest) -> Void
    private let peerHasLeft = Atomic(false)
    private let seen = Atomic(false)

    struct Closed: Error {}

    init(_ descriptor: Int32, number: Int, received: @escaping @Sendable (ReceivedRequest) -> Void) {
        self.descriptor = descriptor
        self.number = number
        self.received = received
    }

    /// The next request, with its body; throws when the client closes.
    @discardableResult
    func readRequest() throws -> ReceivedRequest {
        var head: [UInt8] = []
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            head += try readBytes(1)
        }
        let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
        let start = lines[0].split(separator: " ").map(String.init)
        let headers = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            return (name: parts[0], value: parts.count > 1 ? parts[1] : "")
        }
        var request = ReceivedRequest(method: start[0], path: start[1], headers: headers, body: [])
        if let length = request.header("Content-Length").flatMap({ Int($0) }) {
            request.body = try readBytes(length)
        }
        received(request)
        return request
    }

    func readBytes(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = bytes.withUnsafeMutableBytes {
                recv(descriptor, $0.baseAddress?.advanced(by: filled), count - filled, 0)
            }
            guard got > 0 else {
                peerHasLeft.store(true, ordering: .sequentiallyConsistent)
                throw Closed()
            }
            filled += got
        }
        return bytes
    }

    func send(_ text: String) throws {
        try send(Array(text.utf8))
    }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let taken = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard taken > 0 else {
                peerHasLeft.store(true, ordering: .sequentiallyConsistent)
                throw Closed()
            }
            sent += taken
        }
    }

    func respond(_ status: String = "200 OK", _ body: String = "", headers: [String] = []) throws {
        let lines = ["HTTP/1.1 \(status)", "Content-Length: \(body.utf8.count)"] + headers
        try send(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
    }

    /// Says nothing until the client goes away.
    func waitForClientToLeave() throws {
        var bytes = [UInt8](repeating: 0, count: 65536)
        while bytes.withUnsafeMutableBytes({ recv(descriptor, $0.baseAddress, $0.count, 0) }) > 0 {}
        peerHasLeft.store(true, ordering: .sequentiallyConsistent)
        throw Closed()
    }

    /// Reads nothing, and holds the connection until the server is stopped.
    func waitForInterrupt() {
        var watched = pollfd(fd: descriptor, events: 0, revents: 0)
        poll(&watched, 1, -1)
    }

    /// For scripts: what the test waits for has happened.
    func markAsSeen() { seen.store(true, ordering: .sequentiallyConsistent) }

    var isSeen: Bool { seen.load(ordering: .sequentiallyConsistent) }

    var isClosed: Bool { isOpen.withLock { !$0 } }

    var clientHasLeft: Bool { peerHasLeft.load(ordering: .sequentiallyConsistent) }

    /// Ends the connection with a TCP reset.
    func reset() {
        isOpen.withLock { isOpen in
            guard isOpen else { return }
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
            Glibc.close(descriptor)
            isOpen = false
        }
    }

    func close() {
        isOpen.withLock { isOpen in
            guard isOpen else { return }
            Glibc.close(descriptor)
            isOpen = false
        }
    }

    /// Wakes a script that waits in a read.
    func interrupt() {
        isOpen.withLock { isOpen in
            if isOpen { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }
}
