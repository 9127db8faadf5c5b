import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// How a client acknowledges an AT_LEAST_ONCE message.
enum AckStyle: String, Codable, Sendable, CaseIterable {
    /// With the event `ack {topic, messageId}`.
    case event
    /// With a Socket.IO acknowledgement, under the id that came with the message.
    case socketio
}

/// Writes acknowledgements.
final class AcknowledgementWriter: Sendable {
    private let style: AckStyle
    /// What stands before and after a message's id.
    private let before: [UInt8]
    private let after: [UInt8]

    private static let key = Array("\"messageId\":\"".utf8)

    init(style: AckStyle, address: TopicAddress) {
        self.style = style
        switch style {
        case .event:
            before = Array("42\(address.namespace),[\"ack\",{\"topic\":\"\(address.topic)\",\"messageId\":\"".utf8)
            after = Array("\"}]".utf8)
        case .socketio:
            before = Array("43\(address.namespace),".utf8)
            after = Array("[]".utf8)
        }
    }

    /// Writes the frame that acknowledges a message; false if the message does not tell how to.
    func write(_ packet: UnsafeRawBufferPointer, _ stamp: MessageFormat.Stamp, into frames: inout ByteBuffer) -> Bool {
        switch style {
        case .event:
            guard let id = Self.messageID(of: packet) else { return false }
            write(UnsafeRawBufferPointer(rebasing: packet[id]), into: &frames)
        case .socketio:
            guard let id = stamp.acknowledgementID else { return false }
            var digits = String(id)
            digits.withUTF8 { write(UnsafeRawBufferPointer($0), into: &frames) }
        }
        return true
    }

    private func write(_ id: UnsafeRawBufferPointer, into frames: inout ByteBuffer) {
        frames.writeClientTextHeader(length: before.count + id.count + after.count)
        frames.writeBytes(before)
        frames.writeBytes(id)
        frames.writeBytes(after)
    }

    /// Where the id stands. It is looked for from the end: what follows it is short, and the payload before it is not.
    static func messageID(of packet: UnsafeRawBufferPointer) -> Range<Int>? {
        guard let base = packet.baseAddress else { return nil }
        let start = key.withUnsafeBytes { wanted -> Int? in
            guard let first = wanted.baseAddress else { return nil }
            var start = packet.count - wanted.count
            while start >= 0, packet[start] != wanted[0] || memcmp(base + start, first, wanted.count) != 0 {
                start -= 1
            }
            return start >= 0 ? start + wanted.count : nil
        }
        guard let start, let end = packet[start...].firstIndex(of: UInt8(ascii: "\"")) else { return nil }
        // An escape is not worth understanding: no server puts one into an id.
        return start == end || packet[start..<end].contains(UInt8(ascii: "\\")) ? nil : start..<end
    }
}
