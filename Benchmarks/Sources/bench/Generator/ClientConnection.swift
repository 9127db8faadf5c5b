import NIOCore
import NIOPosix

/// What a connection is for. All calls come on the connection's event loop.
protocol ConnectionDelegate: AnyObject {
    /// The namespace is joined.
    func joined(_ connection: ClientConnection)

    /// A packet came after that. `packet` is valid during the call only.
    ///
    /// - Parameter nanoseconds: when it was read, on the monotonic clock.
    func received(_ packet: UnsafeRawBufferPointer, at nanoseconds: UInt64)

    /// The connection failed, or the server closed it. Not called after ``ClientConnection/close()``.
    func lost(_ error: any Error)
}

/// One client: joins the namespace, answers heartbeats, and hands its packets to a delegate straight from the buffer
/// that they were read into. Belongs to one event loop.
final class ClientConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let delegate: any ConnectionDelegate
    private var handshake = ClientHandshake()
    /// The beginning of a frame, or of the response's head, whose end has not come; nil most of the time.
    private var rest: ByteBuffer?
    private var channel: (any Channel)?
    private var isOver = false

    private init(_ delegate: any ConnectionDelegate) {
        self.delegate = delegate
    }

    /// Connects; the delegate hears how it goes on.
    static func open(port: Int, on loop: any EventLoop, delegate: any ConnectionDelegate) {
        let bound = NIOLoopBound(delegate, eventLoop: loop)
        ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ClientConnection(bound.value))
                }
            }
            .connect(host: "127.0.0.1", port: port)
            .whenFailure { bound.value.lost($0) }
    }

    func send(_ frames: ByteBuffer) {
        channel?.writeAndFlush(frames, promise: nil)
    }

    func send(text: String) {
        var frame = ByteBuffer()
        frame.writeClientText(text)
        send(frame)
    }

    /// Closes without telling the delegate.
    func close() -> EventLoopFuture<Void>? {
        isOver = true
        channel?.close(mode: .all, promise: nil)
        return channel?.closeFuture
    }

    func channelActive(context: ChannelHandlerContext) {
        channel = context.channel
        send(ByteBuffer(string: ClientHandshake.request))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let now = NIODeadline.now().uptimeNanoseconds
        var bytes = unwrapInboundIn(data)
        if var joined = rest {
            rest = nil
            joined.writeBuffer(&bytes)
            bytes = joined
        }
        do {
            if handshake.step == .upgrading, let head = bytes.readResponseHead(),
                let action = handshake.received(head: head)
            {
                try perform(action)
            }
            if handshake.step != .upgrading {
                let used = try bytes.withUnsafeReadableBytes { try consume($0, at: now) }
                bytes.moveReaderIndex(forwardBy: used)
            }
            // Copied, so that the buffer, which is much larger, can be read into again.
            if bytes.readableBytes > 0 { rest = ByteBuffer(bytes: bytes.readableBytesView) }
        } catch {
            fail(error)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(BenchmarkError("the server closed a connection"))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(BenchmarkError("a connection failed: \(error)"))
    }

    /// Handles all whole frames; returns how many bytes they were.
    private func consume(_ bytes: UnsafeRawBufferPointer, at now: UInt64) throws -> Int {
        var position = 0
        while !isOver, let frame = try ServerFrame.find(in: bytes, from: position) {
            position = frame.payload.upperBound
            let payload = UnsafeRawBufferPointer(rebasing: bytes[frame.payload])
            switch frame.opcode {
            case .text: try received(payload, at: now)
            case .ping: pong(payload)
            case .pong: break
            case .binary: throw BenchmarkError("expected text from the server, found a binary message")
            case .close: throw BenchmarkError("the server closed a websocket")
            }
        }
        return position
    }

    private func received(_ packet: UnsafeRawBufferPointer, at now: UInt64) throws {
        if packet.first == UInt8(ascii: "2") {
            send(text: "3")
        } else if handshake.step == .joined {
            delegate.received(packet, at: now)
        } else {
            try perform(handshake.received(packet: String(decoding: packet, as: UTF8.self)))
        }
    }

    private func perform(_ action: ClientHandshake.Action) throws {
        switch action {
        case .send(let text): send(text: text)
        case .joined: delegate.joined(self)
        case .fail(let reason): throw BenchmarkError(reason)
        }
    }

    private func pong(_ payload: UnsafeRawBufferPointer) {
        var frame = ByteBuffer()
        frame.writeClientPong(ByteBuffer(bytes: payload))
        send(frame)
    }

    private func fail(_ error: any Error) {
        guard !isOver else { return }
        isOver = true
        channel?.close(mode: .all, promise: nil)
        delegate.lost(error)
    }
}

extension ByteBuffer {
    /// Reads up to the empty line that ends the head of a response; nil if it has not come yet.
    fileprivate mutating func readResponseHead() -> String? {
        let end = Array("\r\n\r\n".utf8)
        guard let range = readableBytesView.firstRange(of: end) else { return nil }
        return readString(length: range.upperBound - readerIndex)
    }
}
