import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

/// Keeps requests from holding their connection: an idle time-out alone begins again with every byte that drips in.
///
/// 1. Closes the connection when a request takes too long, from its head until it is read and its answer is given to the
///    system.
/// 2. Closes it after an answer with `Connection: close`, once the rest of the request has come and was passed over. At once it
///    would be reset, as there are bytes nobody has read, and the client might lose the answer.
final class RequestDeadline: ChannelDuplexHandler, RemovableChannelHandler {
    // As Hummingbird names them.
    typealias InboundIn = HTTPConnectionStateHandler.InboundIn
    typealias InboundOut = HTTPConnectionStateHandler.InboundOut
    typealias OutboundIn = HTTPConnectionStateHandler.OutboundIn
    typealias OutboundOut = HTTPConnectionStateHandler.OutboundOut

    private let time: TimeAmount
    private let logger: Logger
    private var progress = RequestProgress()
    private var timer: Scheduled<Void>?

    /// - Parameter time: how long a request may take.
    init(_ time: TimeAmount, _ logger: Logger) {
        self.time = time
        self.logger = logger
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        if !progress.isClosing { context.fireChannelRead(data) }
        switch part {
        case .head: if !progress.isClosing { perform(progress.begins(), context) }
        case .body: break
        case .end: perform(progress.isRead(), context)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        // Nobody behind this handler asks for more of a body that it does not get.
        if progress.isClosing { context.read() }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head):
            if head.headerFields[.connection] == "close" {
                progress.answersLast()
                context.read()
            }
            context.write(data, promise: promise)
        case .body:
            context.write(data, promise: promise)
        case .end:
            let written = promise ?? context.eventLoop.makePromise()
            written.futureResult.assumeIsolated().whenSuccess { self.perform(self.progress.isAnswered(), context) }
            context.write(data, promise: written)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
    }

    private func perform(_ action: RequestProgress.Action, _ context: ChannelHandlerContext) {
        switch action {
        case .nothing:
            break
        case .startTimer:
            timer?.cancel()
            timer = context.eventLoop.assumeIsolated().scheduleTask(in: time) {
                self.logger.debug("closed a connection whose request has taken too long")
                context.close(promise: nil)
            }
        case .stopTimer:
            timer?.cancel()
        case .close:
            context.close(promise: nil)
        }
    }
}
