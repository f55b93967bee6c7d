import Glibc
import Logging
import ServiceLifecycle
import Synchronization
import Testing

@testable import Daemon

/// Signals. The test sends them to its own process, so these run one after the other.
@Suite(.serialized) struct DaemonLifetimeTests {
    private struct Worker: Service {
        var isStubborn: Bool
        let started: AsyncStream<Void>.Continuation
        let ended = Ended()

        final class Ended: Sendable {
            let how = Mutex("")
        }

        func run() async throws {
            started.yield()
            if isStubborn {
                while !Task.isCancelled { try? await Task.sleep(for: .seconds(60)) }
                ended.how.withLock { $0 = "cancelled" }
            } else {
                try? await gracefulShutdown()
                ended.how.withLock { $0 = "drained" }
            }
        }
    }

    private func run(
        isStubborn: Bool, _ inbox: NotifySocket, reload: @escaping @Sendable () async -> String = { "" },
        _ body: @escaping @Sendable () async throws -> Void
    ) async throws -> String {
        let (started, continuation) = AsyncStream.makeStream(of: Void.self)
        let worker = Worker(isStubborn: isStubborn, started: continuation)
        let lifetime = DaemonLifetime(
            services: [worker], shutdownGrace: .seconds(20), notifier: SystemdNotifier(environment: inbox.environment),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, reload: reload)
        try await withThrowingTaskGroup { group in
            group.addTask { try await lifetime.run() }
            group.addTask {
                for await _ in started { break }
                try await body()
            }
            try await group.waitForAll()
        }
        return worker.ended.how.withLock { $0 }
    }

    @Test func hangupReloadsAndTermDrains() async throws {
        let inbox = try NotifySocket(isAbstract: true)
        let how = try await run(isStubborn: false, inbox, reload: { "fresh" }) { () async throws in
            kill(getpid(), SIGHUP)
            #expect(try await inbox.nextAsync().hasPrefix("RELOADING=1\nMONOTONIC_USEC="))
            #expect(try await inbox.nextAsync() == "READY=1\nSTATUS=fresh")
            kill(getpid(), SIGTERM)
            #expect(try await inbox.nextAsync().hasPrefix("STOPPING=1\n"))
        }
        #expect(how == "drained")
    }

    @Test func aSecondSignalStopsAtOnce() async throws {
        let inbox = try NotifySocket(isAbstract: true)
        let how = try await run(isStubborn: true, inbox) { () async throws in
            kill(getpid(), SIGTERM)
            #expect(try await inbox.nextAsync().hasPrefix("STOPPING=1\n"))
            kill(getpid(), SIGINT)
        }
        #expect(how == "cancelled")
    }

    @Test func aFailingServiceEndsTheDaemonWithItsError() async throws {
        struct Broken: Service {
            func run() async throws {
                throw CommandFailure(status: .unavailable, what: "database", message: "away")
            }
        }
        let lifetime = DaemonLifetime(
            services: [Broken()], shutdownGrace: .zero, notifier: SystemdNotifier(environment: [:]),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, reload: { "" })
        let failure = await #expect(throws: CommandFailure.self) { try await lifetime.run() }
        #expect(failure?.status == .unavailable)
    }
}
