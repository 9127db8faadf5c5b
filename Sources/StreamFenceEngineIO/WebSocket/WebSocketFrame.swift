import NIOCore

/// A frame's kind (RFC 6455, section 5.2).
package enum WebSocketOpcode: UInt8, Sendable {
    case continuation = 0x0
    case text = 0x1
    case binary = 0x2
    case close = 0x8
    case ping = 0x9
    case pong = 0xA

    var isControl: Bool { rawValue & 0x8 != 0 }
}

/// The close codes this server sends (RFC 6455, section 7.4.1).
package enum WebSocketCloseCode: UInt16, Sendable {
    case normal = 1000
    case goingAway = 1001
    case protocolError = 1002
    case invalidData = 1007
    case policyViolation = 1008
    case tooLarge = 1009

    package init(_ error: EngineIOError) {
        switch error.code {
        case .invalidUTF8: self = .invalidData
        case .payloadTooLarge, .tooManyFrames: self = .tooLarge
        default: self = .protocolError
        }
    }
}

extension ByteBuffer {
    /// The size of the header ``writeFrameHeader(_:length:)`` writes, in bytes.
    static func frameHeaderBytes(length: Int) -> Int {
        length < 126 ? 2 : length <= UInt16.max ? 4 : 10
    }

    /// Writes the header of a whole, unmasked frame.
    mutating func writeFrameHeader(_ opcode: WebSocketOpcode, length: Int) {
        writeInteger(0x80 | opcode.rawValue)
        if length < 126 {
            writeInteger(UInt8(length))
        } else if length <= UInt16.max {
            writeMultipleIntegers(126 as UInt8, UInt16(length))
        } else {
            writeMultipleIntegers(127 as UInt8, UInt64(length))
        }
    }

    /// Writes a whole, unmasked frame.
    mutating func writeFrame(_ opcode: WebSocketOpcode, _ payload: ByteBuffer) {
        writeFrameHeader(opcode, length: payload.readableBytes)
        writeImmutableBuffer(payload)
    }

    /// Moves past a whole, unmasked frame as ``writeFrame(_:_:)`` writes it.
    ///
    /// - Returns: the length of its payload in bytes; nil if there is no such frame.
    mutating func readWholeFrame(_ opcode: WebSocketOpcode) -> Int? {
        guard readInteger() == 0x80 | opcode.rawValue, let short: UInt8 = readInteger() else { return nil }
        let length: Int?
        switch short {
        case 126: length = readInteger(as: UInt16.self).map(Int.init)
        case 127: length = readInteger(as: UInt64.self).flatMap { Int(exactly: $0) }
        default: length = short < 126 ? Int(short) : nil
        }
        guard let length, length <= readableBytes else { return nil }
        moveReaderIndex(forwardBy: length)
        return length
    }

    /// Writes a packet in a frame as a client sends it, masked with `mask`.
    package mutating func writeMaskedMessage(_ packet: EnginePacket, mask: UInt32) {
        guard let digit = packet.typeDigit else {
            writeMaskedFrame(.binary, packet.content, mask: mask)
            return
        }
        writeMaskedHeader(.text, length: packet.content.readableBytes + 1, mask: mask)
        writeInteger(digit ^ UInt8(truncatingIfNeeded: mask >> 24))
        writeMasked(packet.content, mask: mask, offset: 1)
    }

    /// Writes a whole frame as a client sends it, masked with `mask`.
    package mutating func writeMaskedFrame(_ opcode: WebSocketOpcode, _ payload: ByteBuffer, mask: UInt32) {
        writeMaskedHeader(opcode, length: payload.readableBytes, mask: mask)
        writeMasked(payload, mask: mask, offset: 0)
    }

    private mutating func writeMaskedHeader(_ opcode: WebSocketOpcode, length: Int, mask: UInt32) {
        let lengthIndex = writerIndex + 1
        writeFrameHeader(opcode, length: length)
        if let second = getInteger(at: lengthIndex, as: UInt8.self) {
            setInteger(second | 0x80, at: lengthIndex)
        }
        writeInteger(mask)
    }

    private mutating func writeMasked(_ payload: ByteBuffer, mask: UInt32, offset: Int) {
        var payload = payload
        writeXORed(&payload, count: payload.readableBytes, mask: mask, offset: offset)
    }
}
