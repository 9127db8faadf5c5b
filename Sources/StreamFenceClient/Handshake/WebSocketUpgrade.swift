import NIOCore
import NIOHTTP1
import NIOWebSocket
import StreamFenceSocketIO

/// Puts a ``ClientHandler`` in the place of everything that speaks HTTP once the server has agreed to the websocket.
///
/// The upgrader of SwiftNIO makes and checks the headers; its frame handlers are left out, as `WebSocketFrameDecoder` is
/// stricter and copies less.
struct WebSocketUpgrader: NIOTypedHTTPClientProtocolUpgrader {
    typealias UpgradeResult = EventLoopFuture<Joined>

    let supportedProtocol = "websocket"
    let requiredUpgradeHeaders: [String] = []
    private let headers = NIOTypedWebSocketClientUpgrader<Void> { channel, _ in
        channel.eventLoop.makeSucceededVoidFuture()
    }
    private let makeHandler: @Sendable (EventLoopPromise<Joined>) -> ClientHandler

    init(_ makeHandler: @escaping @Sendable (EventLoopPromise<Joined>) -> ClientHandler) {
        self.makeHandler = makeHandler
    }

    func addCustom(upgradeRequestHeaders: inout HTTPHeaders) {
        headers.addCustom(upgradeRequestHeaders: &upgradeRequestHeaders)
    }

    func shouldAllowUpgrade(upgradeResponse: HTTPResponseHead) -> Bool {
        headers.shouldAllowUpgrade(upgradeResponse: upgradeResponse)
    }

    func upgrade(channel: any Channel, upgradeResponse: HTTPResponseHead) -> EventLoopFuture<UpgradeResult> {
        channel.eventLoop.makeCompletedFuture {
            let joined = channel.eventLoop.makePromise(of: Joined.self)
            try channel.pipeline.syncOperations.addHandler(makeHandler(joined))
            return joined.futureResult
        }
    }

    /// Makes a new channel ask for a websocket; to be called on its loop.
    ///
    /// - Returns: completed with the future of the namespace once the server has answered, whatever it has answered.
    func configure(_ channel: any Channel, _ url: SocketIOURL) throws -> EventLoopFuture<UpgradeResult> {
        let request = HTTPRequestHead(
            version: .http1_1,
            method: .GET,
            uri: "\(url.path)?EIO=4&transport=websocket",
            headers: ["Host": url.address]
        )
        let upgrade = NIOTypedHTTPClientUpgradeConfiguration<UpgradeResult>(
            upgradeRequestHead: request,
            upgraders: [self],
            notUpgradingCompletionHandler: { channel in
                channel.eventLoop.makeCompletedFuture {
                    let refused = channel.eventLoop.makePromise(of: Joined.self)
                    try channel.pipeline.syncOperations.addHandler(RefusedUpgradeHandler(refused))
                    return refused.futureResult
                }
            }
        )
        var configuration = NIOUpgradableHTTPClientPipelineConfiguration(upgradeConfiguration: upgrade)
        // The server's first packet often comes in one piece with its answer.
        configuration.leftOverBytesStrategy = .forwardBytes
        return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(configuration: configuration)
    }
}

/// Reads the answer of a server that wants no websocket, to say what it was.
final class RefusedUpgradeHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let promise: EventLoopPromise<Joined>
    private var status: HTTPResponseStatus?
    private var body = ""

    /// How much of the answer is quoted, in characters.
    private static let quoted = 200

    init(_ promise: EventLoopPromise<Joined>) {
        self.promise = promise
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            status = head.status
        case .body(let bytes):
            if body.count < Self.quoted { body += String(buffer: bytes) }
        case .end:
            finish(context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(context)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        finish(context)
    }

    private func finish(_ context: ChannelHandlerContext) {
        let found = status.map { "\($0.code) \($0.reasonPhrase)" } ?? "the connection closed"
        // One line, whatever a stranger's page holds.
        let printable = body.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : Character($0) }
        let quote = body.isEmpty ? "" : ": " + String(printable.prefix(Self.quoted))
        let message = "expected 101 Switching Protocols, found \(found)\(quote)"
        promise.fail(ConnectFailure(step: .webSocket, code: .unexpectedAnswer, message: message))
        context.close(promise: nil)
    }
}
