import Hummingbird
import Logging
import NIOCore
import Synchronization

/// A stand-in for Jira on loopback: keeps issues, refuses what Jira refuses, fails on demand.
///
/// ```swift
/// try await withSimulatedJira { jira in
///     // jira.baseURL is the site; sign in as admin@acme-corp.com with simulator-token
/// }
/// ```
///
/// What a person or an administrator would do in Jira's own pages (``transition(_:to:resolution:)``, ``move(_:to:)``,
/// ``delete(_:)``, ``clone(_:)``, ...) and what shall go wrong (``add(fault:)``, ``update(settings:)``) can also be
/// reached over HTTP; `GET /__simulator` lists it.
package final class SimulatedJira: Sendable {
    package let mode: Mode
    package let cloudID: String
    let site: Mutex<Site>
    let connections = OpenConnections()
    let options: Options
    private let boundPort = Mutex(0)
    private let server = Mutex<Task<Void, any Error>?>(nil)

    package var port: Int { boundPort.withLock { $0 } }

    /// The site's address, without trailing slash: `http://127.0.0.1:PORT/context`.
    package var baseURL: String { "http://127.0.0.1:\(port)\(options.contextPath)" }

    /// Where scoped tokens and OAuth work: `BASE/ex/jira/{cloudId}`.
    package var gatewayURL: String { "\(baseURL)/ex/jira/\(cloudID)" }

    private init(_ options: Options) {
        mode = options.mode
        cloudID = options.cloudID
        self.options = options
        site = Mutex(Site(options))
    }

    /// Starts one and returns when it listens. ``stop()`` must be called; `withSimulatedJira` does so by itself.
    package static func start(_ options: Options = Options()) async throws -> SimulatedJira {
        let jira = SimulatedJira(options)
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let connections = jira.connections
        let application = Application(
            responder: CallbackResponder { (request: Request, context: ExchangeContext) in
                await jira.respond(to: request, on: context.channel)
            },
            server: .http1(
                configuration: .init(additionalChannelHandlers: [
                    ConnectionWatcher(connections), ServerClock(options.now),
                ])),
            configuration: ApplicationConfiguration(
                address: .hostname("127.0.0.1", port: options.port), backlog: 1024),
            onServerRunning: { channel in
                continuation.yield(channel.localAddress?.port ?? options.port)
            },
            logger: options.logger)
        // Not a child of the caller: it lives until stop().
        let task = Task {
            defer { continuation.finish() }
            try await application.run()
        }
        guard let port = await ports.first(where: { _ in true }) else {
            try await task.value
            throw CancellationError()
        }
        jira.boundPort.withLock { $0 = port }
        jira.site.withLock { $0.siteURL = jira.baseURL }
        jira.server.withLock { $0 = task }
        return jira
    }

    /// Closes every connection and stops listening.
    package func stop() async {
        let task = server.withLock { task in
            defer { task = nil }
            return task
        }
        task?.cancel()
        connections.closeAll()
        _ = await task?.result
    }
}

/// Runs `body` with a simulated Jira and stops it afterwards.
package func withSimulatedJira<Result: Sendable>(
    _ options: SimulatedJira.Options = SimulatedJira.Options(),
    _ body: (SimulatedJira) async throws -> Result
) async throws -> Result {
    let jira = try await SimulatedJira.start(options)
    do {
        let result = try await body(jira)
        await jira.stop()
        return result
    } catch {
        await jira.stop()
        throw error
    }
}

/// Carries the connection along with each request, so that a fault can close it.
struct ExchangeContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }
}
