import Logging
import NIOCore
import NIOHTTP1

/// Serves one HTTP connection for one or several Engine.IO servers.
///
/// 1. Finds the server whose path a request names, and checks the page's origin.
/// 2. Collects bodies up to `maxPayload`, and closes connections that take too long over a request.
/// 3. Hands GETs and POSTs to their sessions, opens new ones, and tells a session when its client goes away.
/// 4. Turns the connection into a websocket when asked, and leaves the pipeline (`+Upgrade.swift`).
///
/// `HTTPServerPipelineHandler` before it sees to it that one request is handled at a time.
final class EngineIOHTTPHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case idle
        case receiving(Request)
        /// The answer is to be found by the session.
        case answering(HTTPRequestHead, OriginPolicy.Verdict, SessionReference?)
        /// Nothing that arrives counts any more.
        case finished
    }

    private let servers: [EngineIOServer]
    private var state = State.idle
    private var exchangeNumber = 0
    /// The POST that is being received or answered.
    private var post: Post?
    /// An answer is being written; the requests pipelined behind it come in meanwhile.
    private var isWriting = false
    var deadline: Deadline?
    private(set) var context: ChannelHandlerContext?
    /// Whose connection it is.
    private(set) var identity: PeerIdentity?
    /// The handlers that leave with this one when the connection becomes a websocket.
    var companions = HTTPCompanions()

    /// - Parameter servers: at least one.
    init(servers: [EngineIOServer]) {
        self.servers = servers
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        startTimer(.request, of: servers.first)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        stopTimer()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            begin(head)
        case .body(let bytes):
            guard case .receiving(var request) = state else { return }
            state = .idle  // Not held twice while the body grows.
            request.append(bytes)
            state = .receiving(request)
        case .end:
            guard case .receiving(let request) = state else { return }
            stopTimer()
            finish(request, context: context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let identity = event as? PeerIdentity { self.identity = identity }
        context.fireUserInboundEventTriggered(event)
    }

    private func begin(_ head: HTTPRequestHead) {
        guard case .idle = state else { return }
        let path = head.uri.prefix { $0 != "?" }
        guard let server = servers.first(where: { $0.serves(path) }) else {
            state = .answering(head, .sameOrigin, nil)
            respond(.notFound)
            return
        }
        let origin = server.origins.judge(head.headers)
        if origin != .refused { post = Post(head, server) }
        state = .receiving(Request(head: head, server: server, origin: origin))
        startTimer(.request, of: server)
    }

    private func finish(_ request: Request, context: ChannelHandlerContext) {
        state = .answering(request.head, request.origin, nil)
        if request.isOversize { return refuseOversize() }
        let isUpgrade = request.head.headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" }
        func refuse(_ refusal: EngineIORefusal) {
            request.server.logRejection("HTTP request refused", refusal.message)
            respond(isUpgrade ? .webSocketRefusal(refusal) : .refusal(refusal))
        }
        if request.origin == .refused { return refuse(.forbidden) }
        if request.head.method == .OPTIONS { return respond(.preflight) }
        do {
            let asked = try EngineIORequest.parse(
                request.head,
                isUpgrade: isUpgrade,
                transports: request.server.configuration.transports
            )
            try perform(asked, request, context: context)
        } catch {
            refuse(error)
        }
    }

    /// What the client sent is lost, so its session ends, as on a websocket.
    private func refuseOversize() {
        let session = post.flatMap { $0.server.session($0.sid) }
        session?.server.logRejection("polling payload refused", "larger than maxPayload")
        session?.server.refusedInput.increment(.payload)
        respond(.payloadTooLarge)
        session?.withSession { $0.close(.payloadTooLarge) }
    }

    private func perform(
        _ asked: EngineIORequest,
        _ request: Request,
        context: ChannelHandlerContext
    ) throws(EngineIORefusal) {
        switch asked {
        case .open(let transport):
            if transport == .webSocket {
                upgrade(request, to: nil, context: context)
            } else {
                openPolling(request, context: context)
            }
        case .poll(let sid):
            // The session first: one that ends between the two looks owes its answer by then.
            guard let session = knownSession(sid, request) else {
                guard let owed = request.server.takeOwedAnswer(sid, for: identity, at: context.eventLoop.now) else {
                    throw .unknownSession
                }
                return respond(owed)
            }
            let exchange = exchange(with: session, request, context: context)
            session.withSession { $0.pollArrived(exchange) }
        case .post(let sid):
            let session = try session(sid, request)
            let exchange = exchange(with: session, request, context: context)
            if post?.isOverlapping == true {
                session.withSession { $0.postsOverlapped(exchange) }
            } else {
                let body = request.body
                session.withSession { $0.postArrived(body, exchange) }
            }
        case .upgrade(let sid):
            upgrade(request, to: try session(sid, request), context: context)
        }
    }

    private func session(_ sid: String, _ request: Request) throws(EngineIORefusal) -> SessionReference {
        guard let session = knownSession(sid, request) else { throw .unknownSession }
        return session
    }

    /// Who has opened a session is the only one to whom it is known.
    private func knownSession(_ sid: String, _ request: Request) -> SessionReference? {
        request.server.session(sid).flatMap { $0.identity == identity ? $0 : nil }
    }

    private func exchange(
        with session: SessionReference,
        _ request: Request,
        context: ChannelHandlerContext
    ) -> PollExchange {
        state = .answering(request.head, request.origin, session)
        return PollExchange(number: exchangeNumber, handler: self, eventLoop: context.eventLoop)
    }

    private func openPolling(_ request: Request, context: ChannelHandlerContext) {
        let session: EngineIOSession
        do throws(SessionRefusal) {
            session = try request.server.makeSession(
                request.handshake(context, of: identity),
                on: context.eventLoop,
                peer: nil
            )
        } catch {
            return respond(error.answer)
        }
        request.server.begin(session)
        state = .answering(request.head, request.origin, SessionReference(session))
        session.pollArrived(PollExchange(number: exchangeNumber, handler: self, eventLoop: context.eventLoop))
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .answering(_, _, let session?) = state {
            let exchange = PollExchange(number: exchangeNumber, handler: self, eventLoop: context.eventLoop)
            session.withSession { $0.exchangeAborted(exchange) }
        }
        leaveHTTP()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        servers.first?.logRejection("HTTP connection refused", error)
        switch state {
        // Only what the parser refuses counts as a request to be answered; a connection that fails has nobody to hear.
        case .idle where error is HTTPParserError, .receiving where error is HTTPParserError:
            state = .answering(HTTPRequestHead(version: .http1_0, method: .GET, uri: "/"), .sameOrigin, nil)
            if error as? HTTPParserError == .headerOverflow {
                servers.first?.refusedInput.increment(.headers)
                respond(.headersTooLarge)
            } else {
                respond(.malformed)
            }
        case .idle, .receiving, .answering, .finished:
            context.close(promise: nil)
        }
    }
}

// MARK: - Answers

extension EngineIOHTTPHandler {
    /// Answers the current request if `number` is still its own.
    func answer(_ response: EngineIOResponse, to number: Int) {
        guard number == exchangeNumber else { return }
        respond(response)
    }

    func respond(_ response: EngineIOResponse) {
        guard case .answering(let request, let origin, _) = state, let context else { return }
        guard !isWriting else {
            // One tick an answer: inside each other, those to a thousand pipelined requests would exhaust the stack.
            let number = exchangeNumber
            context.eventLoop.assumeIsolated().execute { self.answer(response, to: number) }
            return
        }
        endPost()
        // After a request that asks for another protocol the decoder reads nothing more, it only gathers.
        let asksForAnother = request.headers.contains(name: "upgrade") || request.method == .CONNECT
        let isLast = !request.isKeepAlive || asksForAnother || response.endsConnection
        var head = HTTPResponseHead(version: .http1_1, status: response.status)
        head.headers = OriginPolicy.headers(for: origin, preflight: request.method == .OPTIONS)
        if let contentType = response.contentType { head.headers.add(name: "content-type", value: contentType) }
        if response.status != .noContent {
            head.headers.add(name: "content-length", value: String(response.body.readableBytes))
        }
        head.headers.add(name: "cache-control", value: "no-store")
        if isLast { head.headers.add(name: "connection", value: "close") }

        exchangeNumber &+= 1
        state = isLast ? .finished : .idle
        // Before the answer is written, as a pipelined request that comes in then sets its own. It also bounds how long
        // a client may leave its last answer unread.
        startTimer(.idle, of: servers.first)
        isWriting = true
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if response.body.readableBytes > 0, request.method != .HEAD {
            context.write(wrapOutboundOut(.body(.byteBuffer(response.body))), promise: nil)
        }
        let sent = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: sent)
        isWriting = false
        if isLast {
            let channel = context.channel
            sent.futureResult.assumeIsolated().whenComplete { _ in
                // Its part is done: it takes no more of the client's time.
                self.stopTimer()
                channel.close(promise: nil)
            }
        }
    }

    private func endPost() {
        post?.end()
        post = nil
    }

    /// From now on nothing that arrives counts.
    func leaveHTTP() {
        endPost()
        state = .finished
        stopTimer()
    }
}
