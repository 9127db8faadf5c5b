import NIOCore
import NIOHTTP1
import NIOWebSocket

/// The handlers between the socket and ``EngineIOHTTPHandler``: an upgrade removes them.
struct HTTPCompanions {
    var decoder: ByteToMessageHandler<HTTPRequestDecoder>?
    var encoder: HTTPResponseEncoder?
    var pipelining: HTTPServerPipelineHandler?
}

extension EngineIOHTTPHandler {
    /// Answers a websocket handshake and puts a ``WebSocketHandler`` in the place of everything that speaks HTTP.
    ///
    /// - Parameter session: the session the websocket is a candidate for; nil to open a new one.
    func upgrade(_ request: Request, to session: SessionReference?, context: ChannelHandlerContext) {
        guard let headers = Self.handshakeHeaders(for: request.head, channel: context.channel) else {
            respond(.webSocketRefusal(.badRequest))
            return
        }
        let peer = WebSocketPeer(channel: context.channel)
        if let session {
            guard switchProtocols(headers, to: session, context: context) else { return }
            session.withSession { $0.candidateArrived(peer) }
            return
        }
        do throws(SessionRefusal) {
            let handshake = request.handshake(context, of: identity)
            let opened = try request.server.makeSession(handshake, on: context.eventLoop, peer: peer)
            // The application may send or close as soon as it knows the session: the websocket has to stand before.
            if switchProtocols(headers, to: SessionReference(opened), context: context) {
                request.server.begin(opened)
            } else {
                opened.close(.transportError)
            }
        } catch {
            respond(error.answer)
        }
    }

    /// - Returns: false if the connection could not be switched and was closed.
    private func switchProtocols(
        _ headers: HTTPHeaders,
        to session: SessionReference,
        context: ChannelHandlerContext
    ) -> Bool {
        leaveHTTP()
        let head = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        do {
            // A failed write closes the channel at once, and a handler added afterwards is not told.
            guard context.channel.isActive else { throw ChannelError.ioOnClosedChannel }
            try replaceHandlers(with: session, context: context)
            return true
        } catch {
            session.server.logRejection("websocket upgrade failed", error)
            context.close(promise: nil)
            return false
        }
    }

    private func replaceHandlers(with session: SessionReference, context: ChannelHandlerContext) throws {
        let pipeline = context.pipeline.syncOperations
        try context.channel.syncOptions?.setOption(
            .writeBufferWaterMark,
            value: session.server.configuration.channelWaterMark
        )
        let handler = WebSocketHandler(session: session, session.server.configuration)
        try pipeline.addHandler(handler, position: .after(self))
        if let pipelining = companions.pipelining { pipeline.removeHandler(pipelining, promise: nil) }
        if let encoder = companions.encoder { pipeline.removeHandler(encoder, promise: nil) }
        pipeline.removeHandler(context: context, promise: nil)
        // Last, as it hands on the bytes that came behind the handshake.
        if let decoder = companions.decoder { pipeline.removeHandler(decoder, promise: nil) }
    }

    /// Whether the decoder takes `head` for the last HTTP on the connection. If it did not, the websocket would be handed
    /// the requests that follow.
    ///
    /// Stricter than a reading of the header fields alone: its parser misses the token before a tab or in a folded line.
    static func endsHTTP(_ head: HTTPRequestHead) -> Bool {
        let isPlain = (head.headers["connection"] + head.headers["upgrade"]).allSatisfy { value in
            value.utf8.allSatisfy { (0x20...0x7E).contains($0) }
        }
        return isPlain && head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
    }

    /// The headers of the `101` answer (RFC 6455, section 4.2.2); nil if the request is no valid handshake.
    private static func handshakeHeaders(for head: HTTPRequestHead, channel: any Channel) -> HTTPHeaders? {
        guard head.version == .http1_1, endsHTTP(head) else { return nil }
        let upgrader = NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() }
        )
        var headers: HTTPHeaders?
        // Completes at once: nothing above waits for anything.
        upgrader.buildUpgradeResponse(channel: channel, upgradeRequest: head, initialResponseHeaders: [:])
            .assumeIsolated()
            .whenSuccess { headers = $0 }
        return headers
    }
}

extension EngineIOServer {
    /// Makes `channel` an HTTP connection that serves `servers`, told apart by their paths.
    ///
    /// Call it on the channel's event loop, from the initializer of an accepted connection.
    public static func configurePipeline(of channel: any Channel, for servers: [EngineIOServer]) throws {
        // Where several share a port a request's head is read before it says which it is for.
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderListSize = servers.map(\.configuration.maxHeaderBytes).max() ?? limits.maxHeaderListSize
        limits.maxHeaderFieldSize = limits.maxHeaderListSize
        limits.maxHeaderFieldCount = servers.map(\.configuration.maxHeaders).max() ?? limits.maxHeaderFieldCount
        let decoder = ByteToMessageHandler(
            HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: limits)
        )
        let encoder = HTTPResponseEncoder()
        let pipelining = HTTPServerPipelineHandler()
        let handler = EngineIOHTTPHandler(servers: servers)
        handler.companions = HTTPCompanions(decoder: decoder, encoder: encoder, pipelining: pipelining)
        try channel.pipeline.syncOperations.addHandlers([encoder, decoder, pipelining, handler])
    }
}
