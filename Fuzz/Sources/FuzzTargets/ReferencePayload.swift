import NIOCore
import StreamFenceEngineIO

/// A polling payload as the specification has it, decoded in the plainest way: split, then looked at piece by piece.
struct ReferencePayload {
    /// Up to the first piece that is no packet.
    private(set) var packets: [EnginePacket] = []
    /// Whether there is such a piece.
    private(set) var isRefused = false

    init(_ body: UnsafeRawBufferPointer) {
        for piece in body.split(separator: 0x1E, omittingEmptySubsequences: false) {
            guard let packet = Self.packet(Array(piece)) else {
                isRefused = true
                return
            }
            packets.append(packet)
        }
    }

    /// The text form of a packet, or `b` and base64.
    private static func packet(_ piece: [UInt8]) -> EnginePacket? {
        guard piece.first == UInt8(ascii: "b") else { return textPacket(piece) }
        return base64(piece.dropFirst()).map { .message(.binary(ByteBuffer(bytes: $0))) }
    }

    /// A type digit and what belongs to it.
    static func textPacket(_ text: [UInt8]) -> EnginePacket? {
        let content = ByteBuffer(bytes: text.dropFirst())
        switch text.first {
        case UInt8(ascii: "0"): return .open(content)
        case UInt8(ascii: "1"): return .close
        case UInt8(ascii: "2"): return .ping(content)
        case UInt8(ascii: "3"): return .pong(content)
        case UInt8(ascii: "4"): return .message(.text(content))
        case UInt8(ascii: "5"): return .upgrade
        case UInt8(ascii: "6"): return .noop
        default: return nil
        }
    }

    /// RFC 4648, section 4, with its padding or without; the unused bits of the last digit may be anything.
    private static func base64(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        let digits = text.last != UInt8(ascii: "=") ? text : text.dropLast(text.suffix(2).first == text.last ? 2 : 1)
        guard digits.count % 4 != 1, digits.count == text.count || text.count % 4 == 0 else { return nil }
        let values = digits.compactMap(sextet)
        guard values.count == digits.count else { return nil }
        return (0..<(values.count * 6 / 8)).map { index in
            let (digit, bits) = (index * 8).quotientAndRemainder(dividingBy: 6)
            return values[digit] << (2 + bits) | values[digit + 1] >> (4 - bits)
        }
    }

    private static func sextet(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): digit - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
