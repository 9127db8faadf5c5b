import NIOCore

/// The only handler of an upgraded connection: bytes to messages for the session, and the closing handshake.
///
/// Outbound bytes are finished frames and pass through untouched, until a close frame: nothing follows it.
/// <https://www.rfc-editor.org/rfc/rfc6455>
final class WebSocketHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Asks the handler, as an outbound user event, to close the connection.
    struct Close: Sendable {
        let code: WebSocketCloseCode
    }

    private enum State {
        case open
        /// Our close frame is sent, the client's answer awaited.
        case closing
        case closed
    }

    /// Nil after an error: where the next frame begins is unknown.
    private var decoder: WebSocketFrameDecoder?
    private let session: SessionReference
    private var state = State.open
    /// Ends the wait for the client's close frame.
    private var closeDeadline: Scheduled<Void>?

    /// How long a client may take to answer a close frame.
    private static let closeTimeout = TimeAmount.seconds(2)

    init(session: SessionReference, _ configuration: EngineIOConfiguration) {
        self.session = session
        decoder = WebSocketFrameDecoder(
            role: .server,
            // A message's type digit is not part of the payload.
            maxMessageBytes: configuration.maxPayload + 1,
            maxFragments: configuration.maxFramesPerMessage
        )
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // A connection that closes gently may still read.
        guard state != .closed else { return }
        // What follows an error is read and forgotten, so that the client gets to read why it was closed.
        decoder?.append(unwrapInboundIn(data))
        do {
            while state != .closed, let event = try decoder?.next() {
                handle(event, context: context)
            }
        } catch {
            decoder = nil
            guard state == .open else { return close(context) }
            session.server.logRejection("websocket frame refused", error)
            if let limit = InputLimit(error) { session.server.refusedInput.increment(limit) }
            // First, as the session would send the close code of the reason.
            let code = WebSocketCloseCode(error)
            startClosing(code, context: context)
            fail(code == .tooLarge ? .payloadTooLarge : .transportError, context: context)
        }
    }

    private func handle(_ event: WebSocketFrameDecoder.Event, context: ChannelHandlerContext) {
        switch event {
        case .message(let message):
            guard state == .open else { return }
            let peer = WebSocketPeer(channel: context.channel)
            session.withSession { $0.webSocketReceived(message, from: peer) }
        case .ping(let content):
            // A client that pings and does not read is owed no pile of pongs.
            guard state == .open, context.channel.isWritable else { return }
            var frame = ByteBuffer()
            frame.writeFrame(.pong, content)
            context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
        case .pong:
            break
        case .close(let code):
            if state == .open {
                state = .closing
                writeClose(code, context: context)
                fail(.transportClose, context: context)
            }
            close(context)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard state == .open else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        context.write(data, promise: promise)
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        if let close = event as? Close {
            startClosing(close.code, context: context)
            promise?.succeed()
        } else {
            context.triggerUserOutboundEvent(event, promise: promise)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let peer = WebSocketPeer(channel: context.channel)
        session.withSession { $0.webSocketWritabilityChanged(peer) }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        state = .closed
        // It would hold the session until it expires.
        closeDeadline?.cancel()
        closeDeadline = nil
        fail(.transportClose, context: context)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        session.server.logger.debug("websocket connection failed", metadata: ["error": "\(error)"])
        fail(.transportError, context: context)
        close(context)
    }

    private func fail(_ reason: EngineIOCloseReason, context: ChannelHandlerContext) {
        let peer = WebSocketPeer(channel: context.channel)
        session.withSession { $0.webSocketFailed(peer, reason) }
    }

    private func startClosing(_ code: WebSocketCloseCode, context: ChannelHandlerContext) {
        guard state == .open else { return }
        state = .closing
        writeClose(code.rawValue, context: context)
        // The client's answer has to be read even if it was held back.
        context.channel.setOption(.autoRead, value: true).whenFailure { _ in
            // Already closed: nothing left to read.
        }
        closeDeadline = context.eventLoop.assumeIsolated().scheduleTask(in: Self.closeTimeout) { self.close(context) }
    }

    private func writeClose(_ code: UInt16?, context: ChannelHandlerContext) {
        var payload = ByteBuffer()
        if let code { payload.writeInteger(code) }
        var frame = ByteBuffer()
        frame.writeFrame(.close, payload)
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }

    private func close(_ context: ChannelHandlerContext) {
        guard state != .closed else { return }
        state = .closed
        decoder = nil
        context.close(promise: nil)
    }
}

/// A session from the outside of its event loop.
struct SessionReference: Sendable {
    let server: EngineIOServer
    let eventLoop: any EventLoop
    /// Who has opened it.
    let identity: PeerIdentity?
    private let session: NIOLoopBound<EngineIOSession>

    init(_ session: EngineIOSession) {
        server = session.server
        eventLoop = session.eventLoop
        identity = session.handshake.identity
        self.session = NIOLoopBound(session, eventLoop: session.eventLoop)
    }

    /// Runs `body` on the session's loop: now, if this is it.
    func withSession(_ body: @escaping @Sendable (EngineIOSession) -> Void) {
        if eventLoop.inEventLoop {
            body(session.value)
        } else {
            eventLoop.execute { body(session.value) }
        }
    }
}
