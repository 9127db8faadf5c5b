import NIOCore

extension EnginePacket {
    /// Reads the text form of a packet: a type digit, then the content.
    ///
    /// - Parameter text: one packet, such as a websocket text frame's payload; must be valid UTF-8.
    /// - Throws: ``EngineIOError`` with code ``EngineIOError/Code-swift.struct/invalidPacket``.
    public init(text: ByteBuffer) throws(EngineIOError) {
        var content = text
        guard let type = content.readInteger(as: UInt8.self) else {
            throw EngineIOError(.invalidPacket, "expected a packet type 0 to 6, found an empty packet")
        }
        switch type {
        case UInt8(ascii: "0"): self = .open(content)
        case UInt8(ascii: "1"): self = .close
        case UInt8(ascii: "2"): self = .ping(content)
        case UInt8(ascii: "3"): self = .pong(content)
        case UInt8(ascii: "4"): self = .message(.text(content))
        case UInt8(ascii: "5"): self = .upgrade
        case UInt8(ascii: "6"): self = .noop
        default:
            throw EngineIOError(.invalidPacket, "expected a packet type 0 to 6, found byte \(type)")
        }
    }

    /// The packet's type digit; nil for a binary message, which has none.
    var typeDigit: UInt8? {
        switch self {
        case .open: return UInt8(ascii: "0")
        case .close: return UInt8(ascii: "1")
        case .ping: return UInt8(ascii: "2")
        case .pong: return UInt8(ascii: "3")
        case .message(.text): return UInt8(ascii: "4")
        case .message(.binary): return nil
        case .upgrade: return UInt8(ascii: "5")
        case .noop: return UInt8(ascii: "6")
        }
    }

    /// The packet's content, without the type digit.
    var content: ByteBuffer {
        switch self {
        case .open(let content), .ping(let content), .pong(let content): return content
        case .message(.text(let content)), .message(.binary(let content)): return content
        case .close, .upgrade, .noop: return ByteBuffer()
        }
    }
}
