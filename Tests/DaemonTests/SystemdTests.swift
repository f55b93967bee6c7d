import Foundation
import Glibc
import Logging
import ServiceLifecycle
import Synchronization
import Testing

@testable import Daemon

/// What arrives at the other end of `$NOTIFY_SOCKET`.
@Suite struct SystemdTests {
    @Test(arguments: [false, true])
    func notificationsArrive(_ isAbstract: Bool) throws {
        let inbox = try NotifySocket(isAbstract: isAbstract)
        let notifier = SystemdNotifier(environment: inbox.environment)
        notifier.ready(status: "64 slots\nREADY=0")
        #expect(try inbox.next() == "READY=1\nSTATUS=64 slots\\nREADY=0")
        notifier.reloading()
        let reloading = try inbox.next().split(separator: "\n")
        #expect(reloading.first == "RELOADING=1")
        #expect(reloading.count == 2)
        #expect(reloading.last?.hasPrefix("MONOTONIC_USEC=") == true)
        notifier.extendTimeout(by: .milliseconds(1_500))
        #expect(try inbox.next() == "EXTEND_TIMEOUT_USEC=1500000")
        notifier.stopping(status: "bye")
        #expect(try inbox.next() == "STOPPING=1\nSTATUS=bye")
    }

    @Test(arguments: [
        [:], ["NOTIFY_SOCKET": ""], ["NOTIFY_SOCKET": "/nowhere/socket"],
        ["NOTIFY_SOCKET": "@" + String(repeating: "x", count: 200)],
    ])
    func withoutSystemdNothingHappens(_ environment: [String: String]) {
        SystemdNotifier(environment: environment).ready(status: "fine")
    }

    @Test func theStatusIsSentWhenItChanges() async throws {
        let inbox = try NotifySocket(isAbstract: true)
        let lines = Mutex(["one", "one", "one", "two"])
        let reporter = SystemdReporter(
            notifier: SystemdNotifier(environment: inbox.environment), environment: [:], heartbeats: [],
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, statusInterval: .milliseconds(1)
        ) {
            lines.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
        }
        let run = Task { try await reporter.run() }
        #expect(try await inbox.nextAsync() == "STATUS=one")
        #expect(try await inbox.nextAsync() == "STATUS=two")
        run.cancel()
        _ = await run.result
    }

    @Test func theWatchdogIsFedWhileEveryLoopTurns() async throws {
        let inbox = try NotifySocket(isAbstract: true)
        let isTurning = Mutex(false)
        let asked = Mutex(0)
        let reporter = SystemdReporter(
            notifier: SystemdNotifier(environment: inbox.environment), environment: ["WATCHDOG_USEC": "2000"],
            heartbeats: [
                .init(name: "claim") {
                    asked.withLock { $0 += 1 }
                    return isTurning.withLock { $0 }
                }
            ], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { "status" }
        let run = Task { try await reporter.run() }
        #expect(try await inbox.nextAsync() == "STATUS=status")
        while asked.withLock({ $0 }) < 3 { await Task.yield() }
        #expect(inbox.isEmpty)
        isTurning.withLock { $0 = true }
        #expect(try await inbox.nextAsync() == "WATCHDOG=1")
        run.cancel()
        _ = await run.result
    }
}

/// A datagram socket such as systemd's.
final class NotifySocket: Sendable {
    private let descriptor: Int32
    private let scratch: Scratch
    let environment: [String: String]

    struct Failure: Error {}

    init(isAbstract: Bool) throws {
        scratch = try Scratch()
        let path = scratch.path + "/notify"
        var name = Array(path.utf8)
        if isAbstract { name[0] = 0 }
        environment = ["NOTIFY_SOCKET": isAbstract ? "@" + path.dropFirst() : path]
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        self.descriptor = descriptor
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let length = socklen_t(2 + name.count)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        guard bound == 0 else { throw Failure() }
    }

    deinit { close(descriptor) }

    var isEmpty: Bool { !isReadable(within: 0) }

    /// The next datagram; fails after two minutes.
    func next() throws -> String {
        guard isReadable(within: 120_000) else { throw Failure() }
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count >= 0 else { throw Failure() }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }

    /// The same without holding a thread of the cooperative pool.
    func nextAsync() async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try self.next() }) }
        }
    }

    private func isReadable(within milliseconds: Int32) -> Bool {
        var slot = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&slot, 1, milliseconds) == 1
    }
}
