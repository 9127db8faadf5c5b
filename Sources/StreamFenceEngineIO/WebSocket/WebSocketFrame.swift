import NIOCore

/// A frame's kind (RFC 6455, section 5.2).
enum WebSocketOpcode: UInt8, Sendable {
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

    init(_ error: EngineIOError) {
        switch error.code {
        case .invalidUTF8: self = .invalidData
        case .payloadTooLarge: self = .tooLarge
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

    /// Writes a whole frame as a client sends it, masked with `mask`.
    package mutating func writeMaskedMessage(_ packet: EnginePacket, mask: UInt32) {
        let content = packet.content
        let digit = packet.typeDigit
        let length = content.readableBytes + (digit == nil ? 0 : 1)
        let lengthIndex = writerIndex + 1
        writeFrameHeader(digit == nil ? .binary : .text, length: length)
        if let second = getInteger(at: lengthIndex, as: UInt8.self) {
            setInteger(second | 0x80, at: lengthIndex)
        }
        writeInteger(mask)
        let key = withUnsafeBytes(of: mask.bigEndian) { Array($0) }
        var position = 0
        if let digit {
            writeInteger(digit ^ key[0])
            position = 1
        }
        for byte in content.readableBytesView {
            writeInteger(byte ^ key[position % 4])
            position += 1
        }
    }
}
