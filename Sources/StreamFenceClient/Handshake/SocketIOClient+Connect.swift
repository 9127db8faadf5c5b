import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import StreamFenceSocketIO

extension SocketIOClient {
    /// Connects: TCP, websocket handshake, Engine.IO open, Socket.IO connect to the URL's namespace.
    ///
    /// - Parameters:
    ///   - auth: sent along with the Socket.IO connect: an object, such as `["token": "…"]`.
    ///   - tls: how to make sure of the server of an `https://` URL.
    ///   - timeout: for all steps together, default 10 seconds.
    ///   - eventLoopGroup: whose next loop serves the connection; by default SwiftNIO's shared one.
    /// - Throws: ``SocketIOConnectError``, which names the step, or `CancellationError`.
    public static func connect(
        to url: SocketIOURL,
        auth: SocketValue? = nil,
        tls: ClientTLS = ClientTLS(),
        timeout: TimeAmount = .seconds(10),
        eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws -> SocketIOClient {
        let auth = try auth.map { try json($0, url) }
        let attempt = ConnectAttempt()
        let eventLoop = eventLoopGroup.next()
        let timer = eventLoop.scheduleTask(in: timeout) { attempt.abort(.timedOut(timeout)) }
        defer { timer.cancel() }
        return try await withTaskCancellationHandler {
            try Task.checkCancellation()
            return try await attempt.run(url, auth, tls, timeout, eventLoop)
        } onCancel: {
            attempt.abort(.cancelled)
        }
    }

    private static func json(_ auth: SocketValue, _ url: SocketIOURL) throws -> JSONFragment {
        let payload = SocketPayload(auth)
        guard let json = payload[0], json.kind == .object, payload.attachments.isEmpty else {
            let message = "expected an object without binary values as auth, found something else"
            throw ConnectFailure(step: .namespace, code: .invalidAuth, message: message).error(url)
        }
        return json
    }
}

extension ConnectAttempt {
    /// When events of this many bytes wait, no more are read.
    private static let highWatermark = 262_144
    /// When no more than this many bytes wait, reading goes on.
    private static let lowWatermark = 65_536

    fileprivate func run(
        _ url: SocketIOURL,
        _ auth: JSONFragment?,
        _ tls: ClientTLS,
        _ timeout: TimeAmount,
        _ eventLoop: any EventLoop
    ) async throws -> SocketIOClient {
        let upgrader = WebSocketUpgrader { joined in
            let events = EventBuffer(highWatermark: Self.highWatermark, lowWatermark: Self.lowWatermark)
            return ClientHandler(namespace: url.namespace, auth: auth, events: events, joined: joined)
        }
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(timeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)

        let security = try await step(.tls, url) { url.isSecure ? try await tls.context() : nil }
        let answered = try await step(.tcp, url) {
            try await bootstrap.connect(host: url.host, port: url.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    self.add(channel)
                    if let security { try channel.pipeline.syncOperations.addHandler(security.handler(for: url)) }
                    return try upgrader.configure(channel, url)
                }
            }
        }
        let joining = try await step(.webSocket, url) { try await answered.get() }
        let joined = try await step(.engine, url) { try await joining.get() }
        return SocketIOClient(url: url, id: joined.id, connection: joined.connection)
    }

    /// Runs a step; what it fails with becomes an error that names it.
    private func step<Value: Sendable>(
        _ step: SocketIOConnectError.Step,
        _ url: SocketIOURL,
        _ body: () async throws -> Value
    ) async throws -> Value {
        let failure: ConnectFailure
        do {
            let value = try await body()
            guard cause != nil else { return value }
            failure = ConnectFailure(step: step, code: .closed, message: "the attempt was given up")
        } catch let error as ConnectFailure {
            failure = error
        } catch {
            close()
            failure = Self.failure(step, error, isSecure: url.isSecure)
        }
        switch cause {
        case .cancelled:
            throw CancellationError()
        case .timedOut(let timeout):
            let message = "not finished within \(timeout.nanoseconds / 1_000_000) ms"
            throw ConnectFailure(step: failure.step, code: .timedOut, message: message).error(url)
        case nil:
            throw failure.error(url)
        }
    }

    private static func failure(
        _ step: SocketIOConnectError.Step,
        _ error: any Error,
        isSecure: Bool
    ) -> ConnectFailure {
        if let found = ClientTLS.describe(error) {
            return ConnectFailure(step: .tls, code: .untrusted, message: "expected a server to trust, found \(found)")
        }
        if step == .tcp { return ConnectFailure(step: step, code: .unreachable, message: describe(error)) }
        // What a server that speaks TLS makes of somebody who does not.
        let hint = step == .webSocket && !isSecure ? "; does the server speak TLS (https://)?" : ""
        let found: String
        switch error {
        case ChannelError.inappropriateOperationForState, HTTPParserError.invalidEOFState,
            NIOSSLError.uncleanShutdown:
            found = "the connection closed" + hint
        case let error as NIOHTTPClientUpgradeError:
            let isOther = error == .responseProtocolNotFound
            found = isOther ? "an upgrade to another protocol" : "an answer to another handshake (\(error))"
        case is HTTPParserError:
            found = "something that is not HTTP" + hint
        default:
            found = describe(error)
        }
        return ConnectFailure(
            step: step,
            code: .unexpectedAnswer,
            message: "expected a websocket handshake, found \(found)"
        )
    }
}
