import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// The daemon's own HTTP server on `http.listen`.
struct HTTPListener: Service {
    private let address: ListenAddress
    private let responder: RouterResponder<BasicRequestContext>
    private let onListening: @Sendable (_ port: Int) async -> Void
    private let logger: Logger

    /// - Parameter onListening: called once with the port that is bound; never when the address is `off`.
    init(
        _ address: ListenAddress, router: Router<BasicRequestContext>, logger: Logger,
        onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) {
        self.address = address
        responder = router.buildResponder()
        self.logger = logger
        self.onListening = onListening
    }

    func run() async throws {
        guard case .address(let host, let port) = address else {
            try? await gracefulShutdown()
            return
        }
        let application = Application(
            responder: responder,
            server: .http1(configuration: .init(idleTimeout: .seconds(60))),
            configuration: ApplicationConfiguration(address: .hostname(host, port: port)),
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
