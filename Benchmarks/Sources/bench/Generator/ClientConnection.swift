import NIOCore
import NIOPosix

/// What a connection is for. All calls come on the connection's event loop.
protocol ConnectionDelegate: AnyObject {
    var settings: ConnectionSettings { get }

    /// The namespace is joined.
    func joined(_ connection: ClientConnection)

    /// A packet came after that. `packet` is valid during the call only.
    ///
    /// - Parameter nanoseconds: when it was read, on the monotonic clock.
    func received(_ packet: UnsafeRawBufferPointer, at nanoseconds: UInt64)

    /// An attachment came after the packet it belongs to. `attachment` is valid during the call only.
    ///
    /// - Parameter nanoseconds: when the rest of it was read, on the monotonic clock.
    func received(attachment: UnsafeRawBufferPointer, at nanoseconds: UInt64)

    /// There is nothing more to be read at the moment.
    func readEnded()

    /// The connection failed, or the server closed it. Not called after ``ClientConnection/close()``.
    func lost(_ error: any Error)
}

extension ConnectionDelegate {
    func received(attachment: UnsafeRawBufferPointer, at nanoseconds: UInt64) {
        lost(BenchmarkError("expected text from the server, found a binary message"))
    }

    func readEnded() {}
}

struct ConnectionSettings {
    var namespace: String
    /// The size asked for of the kernel's receive buffer, in bytes; that of the system if nil.
    var receiveBuffer: Int?
}

/// One client: joins the namespace, answers heartbeats, and hands its packets to a delegate straight from the buffer
/// that they were read into. Belongs to one event loop.
final class ClientConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let delegate: any ConnectionDelegate
    private var handshake: ClientHandshake
    /// The beginning of a frame, or of the response's head, whose end has not come; nil most of the time.
    private var rest: ByteBuffer?
    private var channel: (any Channel)?
    private var isOver = false
    private var slowReads: RepeatedTask?

    private init(_ delegate: any ConnectionDelegate) {
        self.delegate = delegate
        handshake = ClientHandshake(namespace: delegate.settings.namespace)
    }

    /// Connects; the delegate hears how it goes on.
    static func open(_ endpoint: Endpoint, on loop: any EventLoop, delegate: any ConnectionDelegate) {
        let bound = NIOLoopBound(delegate, eventLoop: loop)
        var bootstrap = ClientBootstrap(group: loop)
        // Before it connects: it is then that TCP settles how large the buffer may ever be.
        if let bytes = delegate.settings.receiveBuffer {
            bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: SocketOptionValue(bytes))
        }
        bootstrap
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try endpoint.secure(channel)
                    try channel.pipeline.syncOperations.addHandler(ClientConnection(bound.value))
                }
            }
            .connect(host: "127.0.0.1", port: endpoint.port)
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
        slowReads?.cancel()
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
        var isOwn = false
        if var joined = rest {
            rest = nil
            joined.writeBuffer(&bytes)
            bytes = joined
            isOwn = true
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
            guard bytes.readableBytes > 0 else { return }
            // Copied, so that the buffer, which is much larger, can be read into again. What is ours already goes on growing: it
            // holds no whole frame.
            rest = isOwn && bytes.readerIndex == 0 ? bytes : ByteBuffer(bytes: bytes.readableBytesView)
        } catch {
            fail(error)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        delegate.readEnded()
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
            case .binary: delegate.received(attachment: payload, at: now)
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
        slowReads?.cancel()
        channel?.close(mode: .all, promise: nil)
        delegate.lost(error)
    }
}

// MARK: - Reading less

extension ClientConnection {
    /// Reads nothing more: the socket stays open, and what the server sends stays in the kernel.
    func pause() throws {
        try channel?.syncOptions?.setOption(.autoRead, value: false)
    }

    /// Reads again after ``pause()``, whatever comes.
    func resume() throws {
        try channel?.syncOptions?.setOption(.autoRead, value: true)
    }

    /// Reads no more than `bytes` a second from here on.
    func readSlowly(bytes: Int) throws {
        try pause()
        guard let channel, let options = channel.syncOptions else { return }
        try options.setOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: bytes))
        try options.setOption(.maxMessagesPerRead, value: 1)
        slowReads = channel.eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
            channel.read()
        }
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
