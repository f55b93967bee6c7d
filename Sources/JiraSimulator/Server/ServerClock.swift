import FoundationEssentials
import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Tells the time of the simulated Jira in the header `Date`, where the server would tell the machine's.
final class ServerClock: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let now: @Sendable () -> Date

    init(_ now: @escaping @Sendable () -> Date) { self.now = now }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .head(var head) = unwrapOutboundIn(data), head.headerFields[.date] != nil else {
            context.write(data, promise: promise)
            return
        }
        head.headerFields[.date] = now().httpDate
        context.write(wrapOutboundOut(.head(head)), promise: promise)
    }
}
