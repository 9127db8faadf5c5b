#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The texts of the client protocol (docs/protocol.md) that the generator sends and receives.
///
/// A message's payload is `{"seq":N,"ts":N,"pad":"..."}` and is relayed byte for byte, so it is found by comparing
/// its beginning and not by parsing JSON: the generator must not be what sets the pace.
struct MessageFormat: Sendable {
    static let namespace = "/feed"
    static let topic = "snapshot"
    /// The smallest payload that has room for any sequence number and timestamp.
    static let smallestPayload = 64

    static let join = "40\(namespace),"
    static let joined = "40\(namespace)"
    static let subscribe = "42\(namespace),[\"subscribe\",{\"topic\":\"\(topic)\"}]"

    /// What a delivered message begins with, and what stands between its number and its timestamp. Static strings, as
    /// arrays would be counted and bounds-checked for each delivery.
    private static let delivered: StaticString = "42/feed,[\"snapshot\",{\"seq\":"
    private static let timestamp: StaticString = ",\"ts\":"

    private let payloadBytes: Int
    private let padding: String

    /// - Parameter payloadBytes: the size of a payload, at least ``smallestPayload``.
    init(payloadBytes: Int) {
        self.payloadBytes = payloadBytes
        self.padding = String(repeating: "x", count: payloadBytes)
    }

    func publish(_ sequence: Int, at nanoseconds: UInt64) -> String {
        let stamp = "{\"seq\":\(sequence),\"ts\":\(nanoseconds),\"pad\":\""
        let padding = padding.prefix(max(0, payloadBytes - stamp.utf8.count - 2))
        return "42\(Self.namespace),[\"publish\",{\"topic\":\"\(Self.topic)\",\"payload\":\(stamp)\(padding)\"}}]"
    }

    struct Stamp: Equatable {
        var sequence: Int
        /// When it was published, in nanoseconds of this machine's monotonic clock.
        var published: UInt64
    }

    /// What a delivered message says; nil if the packet is something else, the answer to `subscribe` for example.
    static func stamp(of packet: UnsafeRawBufferPointer) -> Stamp? {
        var position = 0
        guard skip(delivered, packet, &position), let sequence = readNumber(packet, &position),
            sequence <= UInt64(UInt32.max),
            skip(timestamp, packet, &position), let published = readNumber(packet, &position)
        else { return nil }
        return Stamp(sequence: Int(sequence), published: published)
    }

    private static func skip(_ expected: StaticString, _ packet: UnsafeRawBufferPointer, _ position: inout Int) -> Bool
    {
        let count = expected.utf8CodeUnitCount
        guard let start = packet.baseAddress, packet.count - position >= count,
            memcmp(start + position, expected.utf8Start, count) == 0
        else { return false }
        position += count
        return true
    }

    private static func readNumber(_ packet: UnsafeRawBufferPointer, _ position: inout Int) -> UInt64? {
        var value: UInt64 = 0
        let start = position
        while position < packet.count, case let digit = packet[position] &- 0x30, digit <= 9 {
            value = value &* 10 &+ UInt64(digit)
            position += 1
        }
        return (1...19).contains(position - start) ? value : nil
    }
}
