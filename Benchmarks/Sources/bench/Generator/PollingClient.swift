import NIOCore
import NIOHTTP1
import NIOPosix

/// A client over HTTP long-polling that joins, subscribes, and from then on sends nothing, not even the GET with which
/// it would ask for its messages. Belongs to one event loop.
final class PollingClient: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private var handshake: PollingHandshake
    private let subscribed: EventLoopPromise<Void>
    private var channel: (any Channel)?
    private var status = HTTPResponseStatus.ok
    private var body = ByteBuffer()
    private var isSettled = false

    private init(_ address: TopicAddress, _ subscribed: EventLoopPromise<Void>) {
        handshake = PollingHandshake(address)
        self.subscribed = subscribed
    }

    /// Connects and subscribes; succeeds with the client's channel when the server has said that it is subscribed.
    static func open(_ address: TopicAddress, _ endpoint: Endpoint, on loop: any EventLoop) -> EventLoopFuture<
        any Channel
    > {
        let subscribed = loop.makePromise(of: Void.self)
        return ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try endpoint.secure(channel)
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(PollingClient(address, subscribed))
                }
            }
            .connect(host: "127.0.0.1", port: endpoint.port)
            .flatMapError { error in
                subscribed.fail(error)
                return loop.makeFailedFuture(error)
            }
            .flatMap { channel in subscribed.futureResult.map { channel } }
    }

    func channelActive(context: ChannelHandlerContext) {
        channel = context.channel
        send(handshake.first)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            status = head.status
            body.clear()
        case .body(var part):
            body.writeBuffer(&part)
        case .end:
            answered()
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(BenchmarkError("the server closed a polling client's connection"))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(BenchmarkError("a polling client's connection failed: \(error)"))
    }

    private func answered() {
        let text = String(buffer: body)
        guard status == .ok else {
            let found = "\(status.code): \(text.prefix(200))"
            fail(BenchmarkError("expected the response 200 to a polling client, found \(found)"))
            return
        }
        switch handshake.answered(text) {
        case .send(let request):
            send(request)
        case .subscribed:
            isSettled = true
            subscribed.succeed()
        case .fail(let reason):
            fail(BenchmarkError(reason))
        }
    }

    private func send(_ request: PollingHandshake.Request) {
        guard let channel else { return }
        var head = HTTPRequestHead(version: .http1_1, method: request.body == nil ? .GET : .POST, uri: request.target)
        head.headers.add(name: "host", value: "127.0.0.1")
        if let text = request.body {
            head.headers.add(name: "content-type", value: "text/plain;charset=UTF-8")
            head.headers.add(name: "content-length", value: String(text.utf8.count))
        }
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        if let text = request.body {
            channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(string: text))), promise: nil)
        }
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
    }

    /// Once it is subscribed it does not matter any more whether the connection stays open: the session does.
    private func fail(_ error: BenchmarkError) {
        guard !isSettled else { return }
        isSettled = true
        subscribed.fail(error)
        channel?.close(promise: nil)
    }
}
