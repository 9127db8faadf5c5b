import NIOCore
import NIOEmbedded

/// A connection between a client and the kernel's buffers: the server is given what it asks for, in reads of the sizes the
/// script wants, and what it flushes is with the client at once unless that has ceased to read.
final class Wire: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer

    /// Told of each read before the server is.
    var onRead: (ArraySlice<UInt8>) -> Void = { _ in }
    /// What the client has received and not looked at.
    private(set) var received: [UInt8] = []
    /// What the server has written and not flushed, in bytes.
    private(set) var unflushed = 0
    /// What the server has written and the client does not take, in bytes.
    private(set) var waitingBytes = 0
    /// The most of it there was at any time, in bytes.
    private(set) var mostWaitingBytes = 0
    /// The client does not read.
    private(set) var isStalled = false

    private var context: ChannelHandlerContext?
    private let reads: [Int]
    private var readIndex = 0
    private var unread: ArraySlice<UInt8> = []
    private var isReadWanted = false
    private var isReading = false
    private var written: [(bytes: ByteBuffer, promise: EventLoopPromise<Void>?)] = []
    private var waiting: [(bytes: ByteBuffer, promise: EventLoopPromise<Void>?)] = []

    /// What the kernel holds of what the client sends, in bytes; the rest is not sent.
    private static let receiveBuffer = 65_536

    /// - Parameter reads: see ``Script``.
    init(reads: [Int]) {
        // Nothing but empty reads would never end.
        self.reads = reads.contains { $0 > 0 } ? reads : []
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    // MARK: From the client

    func send(_ bytes: [UInt8]) {
        guard unread.count < Self.receiveBuffer else { return }
        unread += bytes
        deliver()
    }

    func read(context: ChannelHandlerContext) {
        isReadWanted = true
        deliver()
    }

    /// Gives the server what it wants. A read that is asked for meanwhile is the loop's next turn.
    private func deliver() {
        guard !isReading else { return }
        isReading = true
        while isReadWanted, !unread.isEmpty, let context, context.channel.isActive {
            isReadWanted = false
            let size = reads.isEmpty ? unread.count : reads[readIndex % reads.count]
            readIndex += 1
            let piece = unread.prefix(size)
            unread = unread.dropFirst(piece.count)
            onRead(piece)
            context.fireChannelRead(wrapInboundOut(ByteBuffer(surrounded: piece)))
            context.fireChannelReadComplete()
            if isAutoRead { context.channel.read() }
        }
        isReading = false
        if unread.isEmpty { unread = [] }
    }

    /// As the channel does by itself when its option changes.
    func readAgain() {
        if isAutoRead, !isReadWanted { context?.channel.read() }
    }

    private var isAutoRead: Bool {
        let options = (context?.channel as? EmbeddedChannel)?.options ?? []
        return options.last { $0.option is ChannelOptions.Types.AutoReadOption }?.value as? Bool ?? true
    }

    // MARK: To the client

    func takeReceived() -> [UInt8] {
        defer { received = [] }
        return received
    }

    func stall() {
        isStalled = true
    }

    func drain() {
        isStalled = false
        let taken = waiting
        waiting = []
        waitingBytes = 0
        setWritable(true)
        for (bytes, promise) in taken { take(bytes, promise) }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let bytes = unwrapOutboundIn(data)
        written.append((bytes, promise))
        unflushed += bytes.readableBytes
    }

    func flush(context: ChannelHandlerContext) {
        let flushed = written
        written = []
        unflushed = 0
        for (bytes, promise) in flushed {
            if isStalled {
                waiting.append((bytes, promise))
                waitingBytes += bytes.readableBytes
            } else {
                take(bytes, promise)
            }
        }
        mostWaitingBytes = max(mostWaitingBytes, waitingBytes)
        if waitingBytes > highWaterMark { setWritable(false) }
    }

    private func take(_ bytes: ByteBuffer, _ promise: EventLoopPromise<Void>?) {
        received += bytes.readableBytesView
        promise?.succeed()
    }

    private var highWaterMark: Int {
        let options = (context?.channel as? EmbeddedChannel)?.options ?? []
        return options.lazy.compactMap { ($0.value as? ChannelOptions.Types.WriteBufferWaterMark)?.high }.last ?? 65_536
    }

    private func setWritable(_ isWritable: Bool) {
        guard let context, let channel = context.channel as? EmbeddedChannel, channel.isWritable != isWritable else {
            return
        }
        channel.isWritable = isWritable
        context.fireChannelWritabilityChanged()
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        let lost = waiting + written
        (waiting, written, waitingBytes, unflushed) = ([], [], 0, 0)
        for (_, promise) in lost { promise?.fail(ChannelError.ioOnClosedChannel) }
        context.close(mode: mode, promise: promise)
    }
}
