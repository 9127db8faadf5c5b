import Logging
import NIOCore
import NIOPosix
import StreamFenceClient
import StreamFenceSocketIO
import Testing

/// Runs a server on a free port for the length of a test.
func withServer<Result>(
    _ configuration: SocketIOConfiguration = SocketIOConfiguration(),
    on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
    _ body: (SocketIOServer, Int) async throws -> Result
) async throws -> Result {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let server = SocketIOServer(configuration: configuration, logger: logger, eventLoopGroup: group)
    try await server.start(host: "127.0.0.1", port: 0)
    do {
        let result = try await body(server, try #require(server.port))
        try await server.shutDown()
        return result
    } catch {
        try await server.shutDown()
        throw error
    }
}

/// Runs a test that watches the time on a loop of its own: another test that keeps the shared ones busy must not use the
/// time up.
func withOwnLoop(_ body: (any EventLoopGroup) async throws -> Void) async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    do {
        try await body(group)
    } catch {
        try await group.shutdownGracefully()
        throw error
    }
    try await group.shutdownGracefully()
}

/// Runs a TCP server that does with its connections what `accept` says, and nothing else.
func withTCPServer<Result>(
    _ accept: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>,
    _ body: (Int) async throws -> Result
) async throws -> Result {
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .childChannelInitializer(accept)
        .bind(host: "127.0.0.1", port: 0)
        .get()
    do {
        let result = try await body(try #require(channel.localAddress?.port))
        try await channel.close()
        return result
    } catch {
        try await channel.close()
        throw error
    }
}

/// Answers any request with the same bytes.
final class FixedAnswer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let answer: String

    init(_ answer: String) {
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
    }
}

func url(_ port: Int, _ namespace: String = "") throws -> SocketIOURL {
    try SocketIOURL("http://127.0.0.1:\(port)\(namespace)")
}

/// What happens on the server, to be waited for.
struct Happenings<Value: Sendable>: Sendable {
    private let stream: AsyncStream<Value>
    private let continuation: AsyncStream<Value>.Continuation

    init(of type: Value.Type) {
        (stream, continuation) = AsyncStream.makeStream(of: type)
    }

    func note(_ value: Value) {
        continuation.yield(value)
    }

    func next() async throws -> Value {
        try #require(await stream.first { _ in true })
    }
}

extension SocketIOClient {
    /// The next event, which there has to be.
    func nextEvent() async throws -> SocketIOClientEvent {
        try #require(await events.first { _ in true })
    }

    /// Takes what is left, and tells why it ended.
    func reasonOfEnd() async -> SocketIOCloseReason? {
        for await _ in events {}
        return closeReason
    }
}
