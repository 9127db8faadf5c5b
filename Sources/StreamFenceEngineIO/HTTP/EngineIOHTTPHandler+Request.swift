import NIOCore
import NIOHTTP1

extension EngineIOHTTPHandler {
    /// A request whose body is arriving.
    struct Request {
        let head: HTTPRequestHead
        let server: EngineIOServer
        let origin: OriginPolicy.Verdict
        var body = ByteBuffer()
        var isOversize = false
    }

    /// A POST under way, from its head to its answer: a session may have one at a time.
    struct Post {
        let server: EngineIOServer
        let sid: String
        /// Another one of the session was under way when this one began.
        let isOverlapping: Bool

        init?(_ head: HTTPRequestHead, _ server: EngineIOServer) {
            guard head.method == .POST, let sid = QueryParameters(uri: head.uri)["sid"], server.session(sid) != nil
            else { return nil }
            self.server = server
            self.sid = sid
            isOverlapping = !server.beginPost(sid)
        }

        func end() {
            if !isOverlapping { server.endPost(sid) }
        }
    }
}

extension EngineIOHTTPHandler.Request {
    /// Adds to the body; what goes beyond `maxPayload` is read and forgotten, so that the client hears the answer.
    mutating func append(_ bytes: ByteBuffer) {
        guard !isOversize else { return }
        if body.readableBytes + bytes.readableBytes > server.configuration.maxPayload {
            isOversize = true
            body = ByteBuffer()
        } else {
            body.writeImmutableBuffer(bytes)
        }
    }

    func handshake(_ context: ChannelHandlerContext, of identity: PeerIdentity?) -> EngineIOHandshake {
        EngineIOHandshake(
            uri: head.uri,
            headers: head.headers,
            remoteAddress: ForwardedAddress.resolve(
                peer: context.remoteAddress?.ipAddress ?? "",
                head.headers,
                trusting: server.configuration.trustedProxies
            ),
            identity: identity
        )
    }
}

extension EngineIOServer {
    /// Whether a request's path is this server's, with or without the last slash.
    func serves(_ path: some StringProtocol) -> Bool {
        let folder = configuration.path.hasSuffix("/") ? configuration.path : configuration.path + "/"
        return path.hasPrefix(folder) || path == folder.dropLast()
    }
}
