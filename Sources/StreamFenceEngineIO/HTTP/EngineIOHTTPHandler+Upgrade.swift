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
            respond(.refusal(.badRequest))
            return
        }
        leaveHTTP()
        let head = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)

        let peer = WebSocketPeer(channel: context.channel)
        let opened: SessionReference
        do {
            opened = try session ?? open(request, peer, context: context)
            try replaceHandlers(with: opened, context: context)
        } catch {
            request.server.logger.error("websocket upgrade failed", metadata: ["error": "\(error)"])
            context.close(promise: nil)
            return
        }
        if session != nil { opened.withSession { $0.candidateArrived(peer) } }
    }

    private func open(_ request: Request, _ peer: WebSocketPeer, context: ChannelHandlerContext) throws -> SessionReference {
        SessionReference(request.server.open(request.handshake(context), on: context.eventLoop, peer: peer))
    }

    private func replaceHandlers(with session: SessionReference, context: ChannelHandlerContext) throws {
        let pipeline = context.pipeline.syncOperations
        let handler = WebSocketHandler(session: session, maxPayload: session.server.configuration.maxPayload)
        try pipeline.addHandler(handler, position: .after(self))
        if let pipelining = companions.pipelining { pipeline.removeHandler(pipelining, promise: nil) }
        if let encoder = companions.encoder { pipeline.removeHandler(encoder, promise: nil) }
        pipeline.removeHandler(context: context, promise: nil)
        // Last, as it hands on the bytes that came behind the handshake.
        if let decoder = companions.decoder { pipeline.removeHandler(decoder, promise: nil) }
    }

    /// The headers of the `101` answer (RFC 6455, section 4.2.2); nil if the request is no valid handshake.
    private static func handshakeHeaders(for head: HTTPRequestHead, channel: any Channel) -> HTTPHeaders? {
        // Without this header the decoder takes what follows for HTTP, and the websocket would be handed requests.
        let connection = head.headers[canonicalForm: "connection"]
        guard head.version == .http1_1, connection.contains(where: { $0.lowercased() == "upgrade" }) else { return nil }
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
        let decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes))
        let encoder = HTTPResponseEncoder()
        let pipelining = HTTPServerPipelineHandler()
        let handler = EngineIOHTTPHandler(servers: servers)
        handler.companions = HTTPCompanions(decoder: decoder, encoder: encoder, pipelining: pipelining)
        try channel.pipeline.syncOperations.addHandlers([encoder, decoder, pipelining, handler])
    }
}
