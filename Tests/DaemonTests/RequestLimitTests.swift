import Foundation
import Glibc
import Logging
import Testing

@testable import Daemon

/// A connection on which a test sends what it likes, when it likes.
private final class RawConnection: Sendable {
    private let socket: Int32

    init(port: Int) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket, $0, size) }
        }
        guard status == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    }

    deinit { close(socket) }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    /// All that comes until the other side ends.
    func untilEnd() async -> String {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { [self] in
                var all: [UInt8] = []
                var chunk = [UInt8](repeating: 0, count: 4_096)
                while true {
                    let count = recv(socket, &chunk, chunk.count, 0)
                    guard count > 0 else { break }
                    all += chunk[..<count]
                }
                continuation.resume(returning: String(decoding: all, as: UTF8.self))
            }
        }
    }
}

/// What whoever can reach the listener can hold open, and for how long.
@Suite struct RequestLimitTests {
    private let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func serving(
        _ adjust: (inout RequestLimits.Limits) -> Void, _ body: @Sendable @escaping (_ port: Int) async throws -> Void
    ) async throws {
        var limits = RequestLimits.Limits()
        adjust(&limits)
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let routes = OperationsRoutes(readiness: { Readiness(checks: []) }, metrics: { "up 1\n" })
        let listener = HTTPListener(
            .address(host: "127.0.0.1", port: 0), router: routes.router(), limits: limits, logger: quiet
        ) { continuation.yield($0) }
        try await withThrowingTaskGroup { group in
            group.addTask { try await listener.run() }
            group.addTask {
                for await port in ports { return try await body(port) }
            }
            try await group.next()
            group.cancelAll()
        }
    }

    @Test("A head, a body or a next request that does not come ends the connection")
    func slow() async throws {
        try await serving {
            $0.head = .milliseconds(200)
            $0.body = .milliseconds(200)
            $0.idle = .milliseconds(200)
        } _: { port in
            let nothing = try RawConnection(port: port)
            #expect(await nothing.untilEnd() == "")
            let head = try RawConnection(port: port)
            head.send("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ")
            _ = await head.untilEnd()
            let body = try RawConnection(port: port)
            body.send("POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\na")
            _ = await body.untilEnd()
            let kept = try RawConnection(port: port)
            kept.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(await kept.untilEnd().hasSuffix("ok\n"))
        }
    }

    @Test("A body or a head without end is not read to its end")
    func large() async throws {
        try await serving {
            $0.bodyBytes = 100_000
        } _: { port in
            let body = try RawConnection(port: port)
            body.send("POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            let chunk = "10000\r\n" + String(repeating: "a", count: 0x10000) + "\r\n"
            for _ in 1...100 { body.send(chunk) }
            #expect(await !body.untilEnd().contains("200 OK"))
            let head = try RawConnection(port: port)
            head.send("GET /healthz HTTP/1.1\r\nHost: x\r\n")
            for number in 1...2_000 { head.send("X-\(number): \(String(repeating: "a", count: 100))\r\n") }
            #expect(await !head.untilEnd().contains("200 OK"))
        }
    }

    @Test("Connections beyond the limit wait until others end, and are served then")
    func many() async throws {
        try await serving {
            $0.connections = 4
            $0.head = .milliseconds(300)
        } _: { port in
            let idle = try (1...40).map { _ in try RawConnection(port: port) }
            let one = try RawConnection(port: port)
            one.send("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            #expect(await one.untilEnd().hasSuffix("ok\n"))
            for connection in idle { #expect(await connection.untilEnd() == "") }
        }
    }

    @Test("However many ask at once, one look answers them, and a look that hangs keeps nobody waiting")
    func desk() async throws {
        let looks = Counting()
        let desk = ReadinessDesk(
            freshness: .seconds(600), patience: .seconds(600),
            look: {
                await looks.add()
                return Readiness(checks: [.init(name: "database", problem: nil)])
            }, silence: { _ in Readiness(checks: [.init(name: "database", problem: "silent")]) })
        await withTaskGroup(of: Bool.self) { group in
            for _ in 1...1_500 { group.addTask { await desk.answer().isReady } }
            for await isReady in group { #expect(isReady) }
        }
        #expect(await looks.count == 1)

        let hangs = ReadinessDesk(
            patience: .milliseconds(200),
            look: {
                await looks.add()
                while await looks.count < 100 { try? await Task.sleep(for: .milliseconds(10)) }
                return Readiness(checks: [])
            }, silence: { _ in Readiness(checks: [.init(name: "database", problem: "silent")]) })
        for _ in 1...50 { #expect(await hangs.answer().isReady == false) }
        #expect(await looks.count == 2)
        for _ in 1...98 { await looks.add() }
        while await !hangs.answer().isReady { try await Task.sleep(for: .milliseconds(10)) }
    }
}

private actor Counting {
    private(set) var count = 0
    func add() { count += 1 }
}
