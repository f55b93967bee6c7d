import HTTPTypes
import NIOCore
import NIOHTTPTypes
import Synchronization

/// The connections that clients hold open.
final class OpenConnections: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        /// Those whose request is never answered: they end when the client gives up.
        var hanging: Set<ObjectIdentifier> = []
        var opened = 0
        var isClosed = false
    }

    private let state = Mutex(State())

    var opened: Int { state.withLock { $0.opened } }
    var open: Int { state.withLock { $0.channels.count } }

    func add(_ channel: any Channel) {
        let isClosed = state.withLock { state in
            state.opened += 1
            state.channels[ObjectIdentifier(channel)] = channel
            return state.isClosed
        }
        if isClosed { channel.close(promise: nil) }
    }

    func remove(_ channel: any Channel) {
        state.withLock { state in
            state.channels[ObjectIdentifier(channel)] = nil
            state.hanging.remove(ObjectIdentifier(channel))
        }
    }

    /// Waits until the client or `closeAll()` ends the connection.
    func hang(_ channel: any Channel) async {
        state.withLock { _ = $0.hanging.insert(ObjectIdentifier(channel)) }
        try? await channel.closeFuture.get()
    }

    func isHanging(_ channel: any Channel) -> Bool {
        state.withLock { $0.hanging.contains(ObjectIdentifier(channel)) }
    }

    func closeAll() {
        let channels = state.withLock { state in
            state.isClosed = true
            return Array(state.channels.values)
        }
        for channel in channels { channel.close(promise: nil) }
    }
}

/// Tells `OpenConnections` of one connection's beginning and end, and bids a client that asks to go on with its body.
final class ConnectionWatcher: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias OutboundOut = HTTPResponsePart

    private let connections: OpenConnections

    init(_ connections: OpenConnections) { self.connections = connections }

    func handlerAdded(context: ChannelHandlerContext) {
        connections.add(context.channel)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // curl holds a large body back for a second unless it hears this (RFC 9110, section 10.1.1).
        if case .head(let head) = unwrapInboundIn(data), head.headerFields[.expect]?.lowercased() == "100-continue" {
            context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
        }
        context.fireChannelRead(data)
    }

    func channelInactive(context: ChannelHandlerContext) {
        connections.remove(context.channel)
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed, connections.isHanging(context.channel) {
            context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }
}
