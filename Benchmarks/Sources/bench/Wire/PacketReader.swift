#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Reads a packet from its beginning by comparing bytes, not by parsing JSON: the generator must not be what sets the
/// pace.
struct PacketReader {
    private let packet: UnsafeRawBufferPointer
    private(set) var position = 0

    init(_ packet: UnsafeRawBufferPointer) {
        self.packet = packet
    }

    /// Steps over `expected`; false, and not a step, if something else comes.
    mutating func skip(_ expected: [UInt8]) -> Bool {
        guard let start = packet.baseAddress, packet.count - position >= expected.count,
            expected.withUnsafeBytes({ bytes in
                bytes.baseAddress.map { memcmp(start + position, $0, bytes.count) == 0 } ?? true
            })
        else { return false }
        position += expected.count
        return true
    }

    /// Reads a number of up to 19 digits; nil, and not a step, if none comes.
    mutating func number() -> UInt64? {
        var value: UInt64 = 0
        var end = position
        while end < packet.count, case let digit = packet[end] &- 0x30, digit <= 9 {
            value = value &* 10 &+ UInt64(digit)
            end += 1
        }
        guard (1...19).contains(end - position) else { return nil }
        position = end
        return value
    }
}
