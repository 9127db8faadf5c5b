import NIOCore
import StreamFencePluginKit

/// How a message is written to a spill store: a version, the message's number, time, size, rank and key, where its
/// payload stands in its content, what was lost before it,
/// and its content. Integers are 8 bytes, the least significant first.
struct SpillRecordFormat {
    let codec: any MessageContentCodec

    private static let version: UInt8 = 2

    private enum Flag {
        static let key: UInt8 = 1
        static let gap: UInt8 = 2
    }

    func encode(_ message: Message, gap: Gap?) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(message.bytes + 96 + (message.key?.utf8.count ?? 0))
        bytes.append(Self.version)
        bytes.append((message.key == nil ? 0 : Flag.key) | (gap == nil ? 0 : Flag.gap))
        bytes.append(integer: message.number)
        bytes.append(integer: message.publishedAt.uptimeNanoseconds)
        bytes.append(integer: UInt64(message.bytes))
        bytes.append(integer: UInt64(bitPattern: message.rank))
        bytes.append(integer: UInt64(message.payload.lowerBound))
        bytes.append(integer: UInt64(message.payload.count))
        if let key = message.key {
            bytes.append(integer: UInt64(key.utf8.count))
            bytes.append(contentsOf: key.utf8)
        }
        if let gap {
            bytes.append(integer: UInt64(gap.dropped))
            bytes.append(UInt8(Gap.Reason.allCases.firstIndex(of: gap.reason) ?? 0))
        }
        codec.encode(message.content, into: &bytes)
        return bytes
    }

    /// The message again; nil if the record is not one that was written here.
    func decode(_ record: [UInt8]) -> (message: Message, gap: Gap?)? {
        var rest = record[...]
        guard rest.popFirst() == Self.version, let flags = rest.popFirst(),
            let number = rest.popInteger(), let time = rest.popInteger(), let size = rest.popInteger(),
            let rank = rest.popInteger(), let start = rest.popInteger(), let length = rest.popInteger(),
            // Far beyond what is ever written, and small enough to be added to without a second thought.
            time <= UInt64(Int64.max / 2), let bytes = Int(exactly: size), bytes <= Int32.max, start <= size,
            length <= size - start
        else { return nil }
        var key: String?
        if flags & Flag.key != 0 {
            guard let length = rest.popInteger(), let text = rest.pop(length) else { return nil }
            key = String(decoding: text, as: UTF8.self)
        }
        var gap: Gap?
        if flags & Flag.gap != 0 {
            guard let dropped = rest.popInteger().flatMap({ Int(exactly: $0) }), dropped <= Int32.max,
                let reason = rest.popFirst(), Gap.Reason.allCases.indices.contains(Int(reason))
            else { return nil }
            gap = Gap(dropped: dropped, reason: Gap.Reason.allCases[Int(reason)])
        }
        guard let content = codec.decode(rest) else { return nil }
        let message = Message(
            content: content,
            bytes: bytes,
            payload: Int(start)..<Int(start + length),
            key: key,
            rank: Int64(bitPattern: rank),
            number: number,
            publishedAt: .uptimeNanoseconds(time)
        )
        return (message, gap)
    }
}

extension [UInt8] {
    fileprivate mutating func append(integer: UInt64) {
        for shift in stride(from: 0, to: 64, by: 8) { append(UInt8(truncatingIfNeeded: integer >> UInt64(shift))) }
    }
}

extension ArraySlice<UInt8> {
    fileprivate mutating func popInteger() -> UInt64? {
        guard count >= 8 else { return nil }
        var value: UInt64 = 0
        for byte in prefix(8).reversed() { value = value << 8 | UInt64(byte) }
        self = dropFirst(8)
        return value
    }

    fileprivate mutating func pop(_ length: UInt64) -> ArraySlice<UInt8>? {
        guard let length = Int(exactly: length), length <= count else { return nil }
        defer { self = dropFirst(length) }
        return prefix(length)
    }
}
