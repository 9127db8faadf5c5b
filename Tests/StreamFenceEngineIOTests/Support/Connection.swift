import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import StreamFenceEngineIO

/// One connection of a client, seen from the client's side of the wire.
final class Connection {
    let channel: EmbeddedChannel
    /// Between the server and the wire: a client that stops reading.
    let kernel = Kernel()
    private var received = ByteBuffer()
    private var decoder = WebSocketFrameDecoder(role: .client, maxMessageBytes: 64 << 20)

    init(to servers: [EngineIOServer], on loop: EmbeddedEventLoop) throws {
        channel = EmbeddedChannel(handler: kernel, loop: loop)
        try EngineIOServer.configurePipeline(of: channel, for: servers)
        try channel.connect(to: SocketAddress(ipAddress: "192.0.2.7", port: 40_000)).wait()
    }

    deinit {
        if channel.isActive { disconnect() }
    }

    var isOpen: Bool { channel.isActive }

    /// The client goes away.
    func disconnect() {
        channel.close(promise: nil)
        channel.embeddedEventLoop.run()
    }

    func send(_ bytes: ByteBuffer) throws {
        try channel.writeInbound(bytes)
        channel.embeddedEventLoop.run()
    }

    func send(_ text: String) throws {
        try send(ByteBuffer(string: text))
    }

    /// The writes that have reached the wire since the last look, each by itself.
    func writes() throws -> [ByteBuffer] {
        var writes: [ByteBuffer] = []
        while let write = try channel.readOutbound(as: ByteBuffer.self) { writes.append(write) }
        return writes
    }

    /// What the server has sent and the scenario has not looked at.
    func bytes() throws -> ByteBuffer {
        try collect()
        defer { received = ByteBuffer() }
        return received
    }

    private func collect() throws {
        for var write in try writes() { received.writeBuffer(&write) }
    }
}

// MARK: - HTTP

extension Connection {
    /// Sends a request's head and body.
    func request(_ method: String, _ target: String, _ headers: [String: String] = [:], body: String? = nil) throws {
        var lines = ["\(method) \(target) HTTP/1.1", "host: server.test"]
        lines += headers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        if let body { lines.append("content-length: \(body.utf8.count)") }
        try send(lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? ""))
    }

    /// The next answer; nil if none is there.
    func answer() throws -> Answer? {
        try collect()
        let text = String(buffer: received)
        guard let head = text.range(of: "\r\n\r\n") else { return nil }
        var answer = Answer(head: String(text[..<head.lowerBound]))
        let bodyStart = text[..<head.upperBound].utf8.count
        let length = answer["content-length"].flatMap(Int.init) ?? 0
        received.moveReaderIndex(forwardBy: bodyStart)
        let body = received.readSlice(length: length)
        answer.body = String(buffer: try #require(body))
        return answer
    }

    func get(_ target: String, _ headers: [String: String] = [:]) throws -> Answer {
        try request("GET", target, headers)
        let answer = try answer()
        return try #require(answer)
    }

    func post(_ target: String, _ body: String) throws -> Answer {
        try request("POST", target, body: body)
        let answer = try answer()
        return try #require(answer)
    }
}

/// An HTTP answer as the client reads it.
struct Answer: CustomStringConvertible {
    let status: Int
    private let fields: [(name: String, value: String)]
    var body = ""

    init(head: String) {
        var lines = head.components(separatedBy: "\r\n")
        status = Int(lines.removeFirst().split(separator: " ")[1]) ?? 0
        fields = lines.map { line in
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            return (line[..<colon].lowercased(), line[colon...].dropFirst().trimmingPrefix { $0 == " " }.description)
        }
    }

    subscript(name: String) -> String? {
        fields.first { $0.name == name }?.value
    }

    /// Status and body: most scenarios need no more.
    var description: String { body.isEmpty ? "\(status)" : "\(status) \(body)" }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while let range = rest.range(of: separator) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }
}

extension StringProtocol {
    /// The first occurrence, byte for byte (`\r\n` is one Character, so a search by Character would miss it).
    fileprivate func range(of needle: String) -> Range<String.Index>? {
        let needle = Array(needle.utf8)
        var start = utf8.startIndex
        while start != utf8.endIndex {
            if utf8[start...].starts(with: needle) {
                return start..<utf8.index(start, offsetBy: needle.count)
            }
            start = utf8.index(after: start)
        }
        return nil
    }
}

// MARK: - WebSocket

extension Connection {
    static let webSocketHeaders = [
        "connection": "Upgrade", "upgrade": "websocket",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", "sec-websocket-version": "13",
    ]

    /// Asks for a websocket and expects to get it.
    func upgrade(_ target: String) throws {
        let answer = try get(target, Self.webSocketHeaders)
        #expect(answer.status == 101)
        #expect(answer["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }

    func send(_ frame: ClientFrame) throws {
        try send(frame.bytes)
    }

    /// Sends an Engine.IO packet in its text form, or a binary message.
    func sendPacket(_ text: String) throws {
        try send(.text(text))
    }

    /// The frames received since the last look, in the scenario's words: a text as it is, binary as `<1 2>`,
    /// `ping:`, `pong:`, and `close:1000`.
    func frames() throws -> [String] {
        decoder.append(try bytes())
        var frames: [String] = []
        while let event = try decoder.next() {
            switch event {
            case .message(.text(let text)): frames.append(String(buffer: text))
            case .message(.binary(let bytes)):
                frames.append("<\(Array(buffer: bytes).map(String.init).joined(separator: " "))>")
            case .ping(let content): frames.append("ping:\(String(buffer: content))")
            case .pong(let content): frames.append("pong:\(String(buffer: content))")
            case .close(let code): frames.append("close:\(code.map(String.init) ?? "")")
            }
        }
        return frames
    }
}

/// A frame as a client sends it.
struct ClientFrame {
    var opcode: UInt8
    var payload: [UInt8]
    var isFinal = true
    var reserved: UInt8 = 0
    /// Nil for an unmasked frame, which a server must refuse.
    var mask: [UInt8]? = [0x37, 0xFA, 0x21, 0x3D]
    /// What the header says instead of the payload's true length.
    var announcedLength: UInt64?

    static func text(_ text: String) -> ClientFrame { ClientFrame(opcode: 0x1, payload: Array(text.utf8)) }
    static func binary(_ bytes: [UInt8]) -> ClientFrame { ClientFrame(opcode: 0x2, payload: bytes) }
    static func ping(_ text: String) -> ClientFrame { ClientFrame(opcode: 0x9, payload: Array(text.utf8)) }
    static func pong(_ text: String) -> ClientFrame { ClientFrame(opcode: 0xA, payload: Array(text.utf8)) }
    static func close(_ code: UInt16?, _ reason: String = "") -> ClientFrame {
        ClientFrame(opcode: 0x8, payload: (code.map { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } ?? []) + Array(reason.utf8))
    }

    /// A first, further or last frame of a fragmented message.
    static func fragment(_ opcode: UInt8, _ text: String, isFinal: Bool) -> ClientFrame {
        ClientFrame(opcode: opcode, payload: Array(text.utf8), isFinal: isFinal)
    }

    var bytes: ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeInteger((isFinal ? 0x80 : 0) | reserved << 4 | opcode)
        let maskBit: UInt8 = mask == nil ? 0 : 0x80
        let length = announcedLength ?? UInt64(payload.count)
        if length < 126 {
            buffer.writeInteger(maskBit | UInt8(length))
        } else if length <= UInt16.max {
            buffer.writeMultipleIntegers(maskBit | 126, UInt16(length))
        } else {
            buffer.writeMultipleIntegers(maskBit | 127, length)
        }
        if let mask {
            buffer.writeBytes(mask)
            buffer.writeBytes(payload.enumerated().map { $1 ^ mask[$0 % 4] })
        } else {
            buffer.writeBytes(payload)
        }
        return buffer
    }
}

/// Stands for the kernel's send buffer.
final class Kernel: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    private var isFull = false
    private var isBroken = false
    private var waiting: [(data: NIOAny, promise: EventLoopPromise<Void>?)] = []
    private var waitingBytes = 0
    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        takeAll()
    }

    /// The client stops reading.
    func stall() {
        isFull = true
    }

    /// The next write finds that the client has gone.
    func breakDown() {
        isBroken = true
    }

    /// The client reads again.
    func drain() {
        isFull = false
        takeAll()
        context?.flush()
    }

    private func takeAll() {
        let taken = waiting
        waiting = []
        setWritable(true)
        for (data, promise) in taken {
            guard let context else {
                promise?.fail(ChannelError.ioOnClosedChannel)
                continue
            }
            context.write(data, promise: promise)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if isBroken {
            promise?.fail(ChannelError.ioOnClosedChannel)
            context.close(promise: nil)
            return
        }
        guard isFull else { return context.write(data, promise: promise) }
        waiting.append((data, promise))
        waitingBytes += unwrapOutboundIn(data).readableBytes
        if let mark = channelHighWaterMark, waitingBytes > mark { setWritable(false) }
    }

    /// As the channel's own buffer does, which an embedded channel has not.
    private func setWritable(_ isWritable: Bool) {
        if isWritable { waitingBytes = 0 }
        guard let context, let channel = context.channel as? EmbeddedChannel, channel.isWritable != isWritable else {
            return
        }
        channel.isWritable = isWritable
        context.fireChannelWritabilityChanged()
    }

    private var channelHighWaterMark: Int? {
        let options = (context?.channel as? EmbeddedChannel)?.options ?? []
        return options.lazy.compactMap { ($0.value as? ChannelOptions.Types.WriteBufferWaterMark)?.high }.last
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        let lost = waiting
        waiting = []
        for (_, promise) in lost { promise?.fail(ChannelError.ioOnClosedChannel) }
        context.close(mode: mode, promise: promise)
    }
}
