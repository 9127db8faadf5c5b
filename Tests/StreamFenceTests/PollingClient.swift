import NIOCore
import NIOPosix
import StreamFenceTestClient

/// A client that opens a session over long-polling, asks to join a namespace and reads the answer: three requests.
struct PollingClient {
    let answer: String

    init(port: Int?, namespace: String) async throws {
        let port = port ?? 0
        let opened = try await Self.request("GET", "", to: port)
        let sid = opened.split(separator: "\"").dropFirst(3).first ?? ""
        _ = try await Self.request("POST", "&sid=\(sid)", body: "40\(namespace),", to: port)
        answer = try await Self.request("GET", "&sid=\(sid)", to: port)
    }

    /// - Returns: the response's body.
    private static func request(_ method: String, _ query: String, body: String = "", to port: Int) async throws
        -> String
    {
        let received = loops.next().makePromise(of: String.self)
        let channel = try await ClientBootstrap(group: loops)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Response(received))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        let head = """
            \(method) /socket.io/?EIO=4&transport=polling\(query) HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\
            Content-Length: \(body.utf8.count)\r\n\r\n
            """
        try await channel.writeAndFlush(ByteBuffer(string: head + body)).get()
        return try await received.futureResult.get()
    }

    /// Collects a response until the server closes the connection.
    private final class Response: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private var bytes = ByteBuffer()
        private let received: EventLoopPromise<String>

        init(_ received: EventLoopPromise<String>) { self.received = received }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            bytes.writeImmutableBuffer(unwrapInboundIn(data))
        }

        func channelInactive(context: ChannelHandlerContext) {
            let text = String(buffer: bytes)
            received.succeed(text.firstRange(of: "\r\n\r\n").map { String(text[$0.upperBound...]) } ?? "")
        }
    }
}
