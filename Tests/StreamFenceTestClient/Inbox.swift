import NIOCore
import StreamFenceEngineIO

/// Collects what arrives until somebody asks for it. Owned by the connection's event loop.
final class Inbox: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var head: ByteBuffer? = ByteBuffer()
    private var decoder = WebSocketFrameDecoder(role: .client, maxMessageBytes: 1 << 26)
    private var frames: CircularBuffer<TestClient.Frame> = []
    private var waiting: CircularBuffer<EventLoopPromise<TestClient.Frame>> = []
    private let eventLoop: any EventLoop
    private var isClosed = false

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func next() -> EventLoopFuture<TestClient.Frame> {
        let promise = eventLoop.makePromise(of: TestClient.Frame.self)
        if let frame = frames.popFirst() {
            promise.succeed(frame)
        } else {
            waiting.append(promise)
            let timer = eventLoop.scheduleTask(in: .seconds(60)) {
                promise.fail(TestClient.Unexpected(description: "expected a frame within a minute, found none"))
            }
            promise.futureResult.whenComplete { _ in timer.cancel() }
        }
        return promise.futureResult
    }

    private func arrived(_ frame: TestClient.Frame) {
        if case .closed = frame {
            if isClosed { return }
            isClosed = true
        }
        if let promise = waiting.popFirst() { promise.succeed(frame) } else { frames.append(frame) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if var head {
            head.writeBuffer(&bytes)
            self.head = head
            guard let end = head.readableBytesView.firstRange(of: "\r\n\r\n".utf8) else { return }
            head.moveReaderIndex(to: end.upperBound)
            bytes = head
            self.head = nil
        }
        decoder.append(bytes)
        do {
            while let event = try decoder.next() { handle(event, context) }
        } catch {
            context.close(promise: nil)
        }
    }

    private func handle(_ event: WebSocketFrameDecoder.Event, _ context: ChannelHandlerContext) {
        switch event {
        case .message(.binary(let bytes)):
            arrived(.attachment(bytes))
        case .message(.text(let text)) where text.readableBytesView.first == UInt8(ascii: "2"):
            var pong = ByteBuffer()
            pong.writeMaskedMessage(.pong(ByteBuffer()), mask: 1)
            context.writeAndFlush(NIOAny(pong), promise: nil)
        case .message(.text(let text)):
            arrived(.packet(String(buffer: text).dropFirst().description))
        case .close(let code):
            arrived(.closed(code))
            context.close(promise: nil)
        case .ping, .pong:
            break
        }
    }

    func channelInactive(context: ChannelHandlerContext) { arrived(.closed(nil)) }
}
