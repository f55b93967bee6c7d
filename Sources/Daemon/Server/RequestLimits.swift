import Hummingbird
import HTTPTypes
import NIOCore
import NIOHTTPTypes
import Synchronization

/// Ends connections that take their time or send too much: a request's head and body must come within a while, an answer must be
/// taken, and what is sent has a limit. So none is held open for nothing by those who send a byte a minute.
final class RequestLimits: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    struct Limits: Sendable {
        var head: TimeAmount = .seconds(10)
        var body: TimeAmount = .seconds(30)
        var answer: TimeAmount = .seconds(30)
        /// Between an answer and the next request's head.
        var idle: TimeAmount = .seconds(60)
        /// More than a webhook of Jira has.
        var bodyBytes = 1 << 20
        var headBytes = 16 << 10
        /// At once; more wait until one has ended.
        var connections = 64
        /// Who has asked nothing for so long makes room while others wait.
        var patience: TimeAmount = .seconds(1)
    }

    /// How many connections there are.
    final class Crowd: Sendable {
        private let count = Atomic(0)
        private let capacity: Int

        init(capacity: Int) {
            self.capacity = capacity
        }

        var isFull: Bool { count.load(ordering: .relaxed) >= capacity }
        func enter() { count.add(1, ordering: .relaxed) }
        func leave() { count.subtract(1, ordering: .relaxed) }
    }

    private let limits: Limits
    private let crowd: Crowd
    private var deadline: Scheduled<Void>?
    private var bytes = 0

    init(_ limits: Limits, _ crowd: Crowd) {
        self.limits = limits
        self.crowd = crowd
    }

    func handlerAdded(context: ChannelHandlerContext) {
        crowd.enter()
        let crowd = crowd
        context.channel.closeFuture.whenComplete { _ in crowd.leave() }
        awaitHead(within: limits.head, context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            bytes = 0
            arm(limits.body, context)
        case .body(let part):
            bytes += part.readableBytes
            guard bytes <= limits.bodyBytes else { return context.close(mode: .all, promise: nil) }
        case .end:
            arm(limits.answer, context)
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) { awaitHead(within: limits.idle, context) }
        context.write(data, promise: promise)
    }

    private func awaitHead(within time: TimeAmount, _ context: ChannelHandlerContext) {
        deadline?.cancel()
        let end = NIODeadline.now() + time
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: min(time, limits.patience)) { [channel = context.channel] in
            handler.value.lookAgain(until: end, channel)
        }
    }

    private func lookAgain(until end: NIODeadline, _ channel: any Channel) {
        let left = end - .now()
        guard left > .zero, !crowd.isFull else { return channel.close(mode: .all, promise: nil) }
        let handler = NIOLoopBound(self, eventLoop: channel.eventLoop)
        deadline = channel.eventLoop.scheduleTask(in: min(left, limits.patience)) {
            handler.value.lookAgain(until: end, channel)
        }
    }

    private func arm(_ time: TimeAmount, _ context: ChannelHandlerContext) {
        deadline?.cancel()
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: time) { channel.close(mode: .all, promise: nil) }
    }
}
