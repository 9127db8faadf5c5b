import NIOCore

/// Turns the bytes of a websocket connection into messages: frames, masking, fragmentation (RFC 6455, section 5).
///
/// A pure value. Payload bytes are unmasked straight into the message's own buffer as they arrive, so nothing is held
/// twice, and nothing is reserved for bytes that were only announced. After an error the decoder must not be used.
public struct WebSocketFrameDecoder: Sendable {
    /// Which side this is: a server expects masked frames, a client unmasked ones.
    public enum Role: Sendable {
        /// Reads what clients send: every frame is masked.
        case server
        /// Reads what a server sends: no frame is masked.
        case client
    }

    /// What the bytes turned out to be.
    public enum Event: Sendable, Equatable {
        /// A whole message, whatever number of frames it came in; text is valid UTF-8.
        case message(EngineMessage)
        /// To be answered with a pong of the same content.
        case ping(ByteBuffer)
        /// An answer to a ping, or one nobody asked for.
        case pong(ByteBuffer)
        /// The peer closes; `code` is nil where it gave none.
        case close(code: UInt16?)
    }

    private let role: Role
    private let maxMessageBytes: Int
    private let maxFragments: Int
    /// Bytes not yet looked at; nil between frames, so that an idle connection holds no buffer.
    private var input: ByteBuffer?
    private var frame: OpenFrame?
    private var message: OpenMessage?

    /// - Parameters:
    ///   - maxMessageBytes: the largest message accepted, in bytes, over all its fragments.
    ///   - maxFragments: the most frames one message may come in.
    public init(role: Role, maxMessageBytes: Int, maxFragments: Int = 10_000) {
        self.role = role
        self.maxMessageBytes = maxMessageBytes
        self.maxFragments = maxFragments
    }

    /// Gives the decoder bytes as they came from the connection; then call ``next()`` until it returns nil.
    public mutating func append(_ bytes: ByteBuffer) {
        var bytes = bytes
        if input == nil {
            input = bytes
        } else {
            input?.writeBuffer(&bytes)
        }
    }

    /// The next event; nil when more bytes are needed.
    ///
    /// - Throws: ``EngineIOError`` with code `invalid_frame`, `invalid_utf8` or `payload_too_large`.
    public mutating func next() throws(EngineIOError) -> Event? {
        while var bytes = input {
            // Taken out while it is read, so that consuming it never copies.
            input = nil
            if frame == nil, let header = try Self.readHeader(&bytes) {
                try begin(header, with: bytes.readableBytes)
            }
            if frame == nil {
                input = bytes.readableBytes > 0 ? bytes : nil
                return nil
            }
            consumePayload(&bytes)
            input = bytes.readableBytes > 0 ? bytes : nil
            if let event = try finishFrame() { return event }
        }
        return nil
    }
}

extension WebSocketFrameDecoder {
    private struct Header {
        let isFinal: Bool
        let opcode: WebSocketOpcode
        let isMasked: Bool
        let length: Int
        let mask: UInt32
    }

    private struct OpenFrame {
        let header: Header
        var remaining: Int
        /// A control frame's payload; data frames write to the message.
        var control = ByteBuffer()
    }

    private struct OpenMessage {
        let isText: Bool
        var bytes: ByteBuffer
        var fragments = 0
    }

    /// Reads a whole frame header or nothing.
    private static func readHeader(_ bytes: inout ByteBuffer) throws(EngineIOError) -> Header? {
        // In one go: each read of a buffer by itself costs more than all of this.
        let outcome = bytes.withUnsafeReadableBytes { bytes in
            Result { () throws(EngineIOError) in try header(bytes) }
        }
        guard let (header, size) = try outcome.get() else { return nil }
        bytes.moveReaderIndex(forwardBy: size)
        return header
    }

    /// - Returns: the header that `bytes` begin with, and its size; nil if it is not all there.
    private static func header(_ bytes: UnsafeRawBufferPointer) throws(EngineIOError) -> (Header, size: Int)? {
        guard bytes.count >= 2 else { return nil }
        let (first, second) = (bytes[0], bytes[1])
        guard first & 0x70 == 0 else {
            throw EngineIOError(.invalidFrame, "expected reserved bits 0, found \((first & 0x70) >> 4)")
        }
        guard let opcode = WebSocketOpcode(rawValue: first & 0x0F) else {
            throw EngineIOError(.invalidFrame, "expected a known opcode, found \(first & 0x0F)")
        }
        let isMasked = second & 0x80 != 0
        let short = Int(second & 0x7F)
        let lengthBytes = short == 126 ? 2 : short == 127 ? 8 : 0
        let size = 2 + lengthBytes + (isMasked ? 4 : 0)
        guard bytes.count >= size else { return nil }
        let long = bytes[2..<(2 + lengthBytes)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard let length = lengthBytes == 0 ? short : Int(exactly: long) else {
            throw EngineIOError(.invalidFrame, "expected a length below 2^63, found \(long)")
        }
        let mask = bytes[(2 + lengthBytes)..<size].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let isFinal = first & 0x80 != 0
        return (Header(isFinal: isFinal, opcode: opcode, isMasked: isMasked, length: length, mask: mask), size)
    }

    /// Checks a header against the frames before it and opens the frame.
    ///
    /// - Parameter available: how many bytes have come behind it.
    private mutating func begin(_ header: Header, with available: Int) throws(EngineIOError) {
        guard header.isMasked == (role == .server) else {
            throw EngineIOError(.invalidFrame, "expected \(role == .server ? "a masked" : "an unmasked") frame")
        }
        if header.opcode.isControl {
            guard header.isFinal, header.length <= 125 else {
                throw EngineIOError(.invalidFrame, "expected a whole control frame of at most 125 bytes")
            }
        } else {
            try beginData(header, with: available)
        }
        frame = OpenFrame(header: header, remaining: header.length)
    }

    private mutating func beginData(_ header: Header, with available: Int) throws(EngineIOError) {
        if header.opcode == .continuation {
            guard message != nil else {
                throw EngineIOError(.invalidFrame, "expected a message to continue, found none")
            }
        } else {
            guard message == nil else {
                throw EngineIOError(.invalidFrame, "expected a continuation, found a new message")
            }
            // Room for what is here, not for what was only announced.
            let room = ByteBufferAllocator().buffer(capacity: min(header.length, available))
            message = OpenMessage(isText: header.opcode == .text, bytes: room)
        }
        message?.fragments += 1
        let received = message?.bytes.readableBytes ?? 0
        guard header.length <= maxMessageBytes - received else {
            throw EngineIOError(.payloadTooLarge, "expected at most \(maxMessageBytes) bytes in a message, found more")
        }
        guard message?.fragments ?? 0 <= maxFragments else {
            throw EngineIOError(.tooManyFrames, "expected at most \(maxFragments) frames in a message, found more")
        }
    }

    private mutating func consumePayload(_ bytes: inout ByteBuffer) {
        guard var open = frame, open.remaining > 0 else { return }
        let count = min(open.remaining, bytes.readableBytes)
        let offset = open.header.length - open.remaining
        if open.header.opcode.isControl {
            open.control.writeXORed(&bytes, count: count, mask: open.header.mask, offset: offset)
        } else {
            message?.bytes.writeXORed(&bytes, count: count, mask: open.header.mask, offset: offset)
        }
        open.remaining -= count
        frame = open
    }

    /// The event of a frame whose payload is complete; nil if it is not, or only continues a message.
    private mutating func finishFrame() throws(EngineIOError) -> Event? {
        guard let open = frame, open.remaining == 0 else { return nil }
        frame = nil
        switch open.header.opcode {
        case .ping:
            return .ping(open.control)
        case .pong:
            return .pong(open.control)
        case .close:
            return try Self.close(open.control)
        case .continuation, .text, .binary:
            guard open.header.isFinal, let whole = message else { return nil }
            message = nil
            guard whole.isText else { return .message(.binary(whole.bytes)) }
            guard whole.bytes.isValidUTF8 else {
                throw EngineIOError(.invalidUTF8, "expected a text message in UTF-8")
            }
            return .message(.text(whole.bytes))
        }
    }

    private static func close(_ payload: ByteBuffer) throws(EngineIOError) -> Event {
        var payload = payload
        if payload.readableBytes == 0 { return .close(code: nil) }
        guard let code = payload.readInteger(as: UInt16.self), payload.isValidUTF8 else {
            throw EngineIOError(.invalidFrame, "expected a close code and a reason in UTF-8")
        }
        // RFC 6455, section 7.4, and the codes registered since; 1004 to 1006 and 1015 never stand in a frame.
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: break
        default: throw EngineIOError(.invalidFrame, "expected a close code that may be sent, found \(code)")
        }
        return .close(code: code)
    }
}

extension ByteBuffer {
    /// Moves `count` bytes from `source`, XORed with the mask as RFC 6455, section 5.3 says, which masks and unmasks;
    /// `offset` is how many bytes of the same frame came before.
    mutating func writeXORed(_ source: inout ByteBuffer, count: Int, mask: UInt32, offset: Int) {
        guard let bytes = source.readSlice(length: count) else { return }
        guard mask != 0 else {
            writeImmutableBuffer(bytes)
            return
        }
        // The mask as the bytes lie in memory, turned so that its first byte meets this piece's first.
        let turned = (mask << UInt32(offset % 4 * 8)) | (mask >> UInt32((4 - offset % 4) % 4 * 8))
        let key32 = turned.bigEndian
        let key64 = UInt64(key32) << 32 | UInt64(key32)
        writeWithUnsafeMutableBytes(minimumWritableBytes: count) { target in
            bytes.withUnsafeReadableBytes { input in
                var index = 0
                while count - index >= 8 {
                    let word = input.loadUnaligned(fromByteOffset: index, as: UInt64.self) ^ key64
                    target.storeBytes(of: word, toByteOffset: index, as: UInt64.self)
                    index += 8
                }
                while index < count {
                    target[index] = input[index] ^ UInt8(truncatingIfNeeded: key32 >> UInt32(index % 4 * 8))
                    index += 1
                }
            }
            return count
        }
    }
}
