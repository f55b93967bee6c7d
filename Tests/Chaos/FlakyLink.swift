import Glibc
import NIOCore
import NIOPosix
import Synchronization
import TestSupport

/// A TCP relay on loopback that can be cut, stalled and shut.
final class FlakyLink: Sendable {
    let port: Int
    private let target: SocketAddress
    private let listener: any Channel
    private let state: Mutex<State>

    private struct State {
        var pairs: [ObjectIdentifier: (near: any Channel, far: any Channel)] = [:]
        var isStalled = false
        var isRefusing = false
    }

    private init(listener: any Channel, port: Int, target: SocketAddress, state: consuming Mutex<State>) {
        self.target = target
        self.listener = listener
        self.port = port
        self.state = state
    }

    /// - Parameter target: where the other end is; asked anew for each connection.
    static func open(to target: SocketAddress, on group: MultiThreadedEventLoopGroup) async throws -> FlakyLink {
        let link = Reference()
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { near in
                guard let link = link.value, !link.state.withLock({ $0.isRefusing }) else {
                    near.reset()
                    return near.eventLoop.makeSucceededVoidFuture()
                }
                return link.join(near, target)
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let opened = FlakyLink(
            listener: listener, port: listener.localAddress?.port ?? 0, target: target,
            state: Mutex(State()))
        link.set(opened)
        return opened
    }

    private func join(_ near: any Channel, _ target: SocketAddress) -> EventLoopFuture<Void> {
        ClientBootstrap(group: near.eventLoop).channelOption(.autoRead, value: false).connect(to: target).flatMap {
            far in
            near.eventLoop.makeCompletedFuture {
                try near.pipeline.syncOperations.addHandler(Relay(partner: far))
                try far.pipeline.syncOperations.addHandler(Relay(partner: near))
            }.flatMap {
                let isStalled = self.state.withLock { state in
                    state.pairs[ObjectIdentifier(near)] = (near, far)
                    return state.isStalled
                }
                near.closeFuture.whenComplete { _ in
                    self.state.withLock { _ = $0.pairs.removeValue(forKey: ObjectIdentifier(near)) }
                }
                return isStalled ? near.eventLoop.makeSucceededVoidFuture() : Self.read(near, far)
            }
        }
    }

    private static func read(_ near: any Channel, _ far: any Channel) -> EventLoopFuture<Void> {
        near.setOption(.autoRead, value: true).and(far.setOption(.autoRead, value: true)).map { _ in }
    }

    /// Ends connections, each with a probability, by a TCP reset.
    /// - Returns: how many.
    func cut(_ random: inout SeededRandom, share: Double) -> Int {
        let pairs = state.withLock { Array($0.pairs.values) }
        var count = 0
        for pair in pairs where random.chance(share) {
            count += 1
            pair.near.reset()
            pair.far.reset()
        }
        return count
    }

    /// While stalled, bytes stay where they are, and new connections are taken and say nothing.
    func setStalled(_ isStalled: Bool) {
        let pairs = state.withLock { state in
            state.isStalled = isStalled
            return Array(state.pairs.values)
        }
        for pair in pairs {
            for channel in [pair.near, pair.far] {
                channel.setOption(.autoRead, value: !isStalled).whenFailure { _ in }
            }
        }
    }

    func leads(toServerIn directory: String) -> Bool { target.pathname?.hasPrefix("\(directory)/") ?? false }

    func setRefusing(_ isRefusing: Bool) {
        state.withLock { $0.isRefusing = isRefusing }
    }

    func close() async {
        try? await listener.close()
        for pair in state.withLock({ Array($0.pairs.values) }) {
            try? await pair.near.close()
        }
    }
}

/// What the listener's initializer needs before the link can exist.
private final class Reference: Sendable {
    private let link = Mutex<FlakyLink?>(nil)
    var value: FlakyLink? { link.withLock { $0 } }
    func set(_ new: FlakyLink) { link.withLock { $0 = new } }
}

/// Hands on what one end says to the other, and ends with it. Both ends share an event loop.
private final class Relay: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let partner: any Channel

    init(partner: any Channel) {
        self.partner = partner
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        partner.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        partner.close(promise: nil)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A reset is handed on as one, so that what was under way is not taken for finished.
        partner.reset()
        context.close(promise: nil)
    }
}

extension Channel {
    /// Closes it so that the other end hears of a reset, not of an end.
    fileprivate func reset() {
        let provider = self as? any SocketOptionProvider
        let lingering = provider?.setSoLinger(linger(l_onoff: 1, l_linger: 0)) ?? eventLoop.makeSucceededVoidFuture()
        lingering.whenComplete { _ in self.close(promise: nil) }
    }
}
