import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// The daemon's own HTTP server on `http.listen`.
struct HTTPListener: Service {
    private let address: ListenAddress
    private let responder: RouterResponder<BasicRequestContext>
    private let limits: RequestLimits.Limits
    private let onListening: @Sendable (_ port: Int) async -> Void
    private let logger: Logger

    /// - Parameter onListening: called once with the port that is bound; never when the address is `off`.
    init(
        _ address: ListenAddress, router: Router<BasicRequestContext>, limits: RequestLimits.Limits = .init(),
        logger: Logger,
        onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) {
        self.address = address
        responder = router.buildResponder()
        self.limits = limits
        self.logger = logger
        self.onListening = onListening
    }

    /// The database and Jira need descriptors too.
    private var connections: Int { min(limits.connections, max(4, Descriptors.limit / 4)) }

    func run() async throws {
        guard case .address(let host, let port) = address else {
            try? await gracefulShutdown()
            return
        }
        let crowd = RequestLimits.Crowd(capacity: connections)
        let application = Application(
            responder: responder,
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [RequestLimits(limits, crowd)], idleTimeout: limits.idle,
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: limits.headBytes, maxHeaderListSize: limits.headBytes,
                        maxHeaderFieldCount: 100))),
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port),
                availableConnectionsDelegate: .maximum(connections, logger: logger)),
            onServerRunning: { channel in
                let bound = channel.localAddress?.port ?? port
                logger.info("listening", metadata: ["address": "\(ListenAddress.address(host: host, port: bound))"])
                await onListening(bound)
            },
            logger: logger)
        do {
            try await application.run()
        } catch let error as IOError {
            throw CommandFailure(
                status: .configuration, what: "http.listen",
                message: "cannot listen on \(address): \(systemMessage(error.errnoCode))",
                hint: "set http.listen to a free address of this machine, or to off; `ss -ltnp` shows who listens where"
            )
        } catch let error as SocketAddressError.UnknownHost {
            throw CommandFailure(
                status: .configuration, what: "http.listen", message: "\(error.host) has no address",
                hint: "set http.listen to an address of this machine, such as 127.0.0.1:9464, or to off")
        }
    }
}
