package import Logging
import ServiceLifecycle

/// Listens on one channel, on a connection of its own that is opened again with backoff whenever it is lost.
package final class PostgresListener: Service, Sendable {
    package enum Event: Sendable, Equatable {
        /// From here on nothing is missed until `disconnected`.
        case connected
        case notification(payload: String)
        case disconnected
        /// A pooler stands between, where notifications do not come through. Nothing follows.
        case unavailable
    }

    /// For one consumer. One that lags behind by more than 1,024 events loses the oldest.
    package let events: AsyncStream<Event>
    private let continuation: AsyncStream<Event>.Continuation
    private let configuration: PostgresConfiguration
    private let channel: String
    private let logger: Logger

    /// - Parameter channel: a plain identifier, chosen by the program.
    package init(_ configuration: PostgresConfiguration, channel: String, logger: Logger) {
        self.configuration = configuration
        self.channel = channel
        self.logger = logger
        (events, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1_024))
    }

    /// Ends, and the events with it, when it is cancelled or shut down gracefully.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            var failures = 0
            while !Task.isCancelled {
                do {
                    let connection = try await PostgresConnection.connect(self.configuration, logger: self.logger)
                    failures = 0
                    if await connection.isPooled {
                        await connection.close()
                        self.continuation.yield(.unavailable)
                        break
                    }
                    await self.listen(on: connection)
                } catch {
                    failures += 1
                    self.logger.log(
                        level: failures == 1 ? .warning : .debug, "cannot connect to listen for notifications",
                        metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: Backoff.delay(afterFailures: failures))
            }
        }
        continuation.finish()
    }

    /// Until the connection is lost or the task is cancelled.
    private func listen(on connection: PostgresConnection) async {
        var isConnected = false
        do {
            try await connection.execute(sql: "LISTEN \"\(channel.replacing("\"", with: "\"\""))\"")
            isConnected = true
            continuation.yield(.connected)
            while true {
                for payload in try await connection.notifications() {
                    continuation.yield(.notification(payload: payload))
                }
            }
        } catch {
            logger.debug("listening was interrupted", metadata: ["error": "\(error)"])
        }
        await connection.close()
        if isConnected { continuation.yield(.disconnected) }
    }
}
