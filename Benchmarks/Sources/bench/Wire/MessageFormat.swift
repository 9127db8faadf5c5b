import NIOCore

/// The packets of the client protocol (docs/protocol.md) that a run sends and receives on one topic.
///
/// A message's payload is `{"seq":N,"ts":N,"pad":"..."}` and is relayed byte for byte, so that it can be told by its
/// beginning. Where messages have an attachment it ends with `"data":` and the placeholder. A class, so that its byte strings are not
/// counted for each delivery.
final class MessageFormat: Sendable {
    /// The smallest payload that has room for any sequence number and timestamp.
    static let smallestPayload = 64

    let address: TopicAddress
    /// What is sent after each message; none if nil.
    let attachment: ByteBuffer?
    private let payloadBytes: Int
    /// A packet's type, with the number of its attachments.
    private let type: String
    private let payloadEnd: String

    /// The pieces of a delivered message, between which its numbers stand.
    private let event: [UInt8]
    private let sequence: [UInt8]
    private let timestamp = Array(",\"ts\":".utf8)
    /// The pieces of what answers a `publish`.
    private let receipt: [UInt8]
    private let accepted = Array("[{\"ok\":true".utf8)
    private let error: [UInt8]

    /// - Parameters:
    ///   - payloadBytes: the size of a payload, at least ``smallestPayload``, without attachment and placeholder.
    ///   - attachmentBytes: the size of the attachment that each message has; none if nil.
    init(address: TopicAddress, payloadBytes: Int, attachmentBytes: Int? = nil) {
        self.address = address
        self.payloadBytes = payloadBytes
        attachment = attachmentBytes.map { ByteBuffer(repeating: 0xA5, count: $0) }
        type = attachmentBytes == nil ? "42" : "451-"
        payloadEnd = attachmentBytes == nil ? "\"}" : "\",\"data\":{\"_placeholder\":true,\"num\":0}}"
        event = Array("\(type)\(address.namespace),".utf8)
        sequence = Array("[\"\(address.topic)\",{\"seq\":".utf8)
        receipt = Array("43\(address.namespace),".utf8)
        error = Array("42\(address.namespace),[\"error\",".utf8)
    }

    /// The packet that publishes message `sequence`.
    ///
    /// - Parameters:
    ///   - nanoseconds: when it was due, on the monotonic clock.
    ///   - key: its key for coalescing; none if nil.
    ///   - receipt: the id under which the server is to answer; it answers nothing if nil.
    func publish(_ sequence: Int, at nanoseconds: UInt64, key: Int? = nil, receipt: Int? = nil) -> ByteBuffer {
        let id = receipt.map { String($0) } ?? ""
        let stamp = "{\"seq\":\(sequence),\"ts\":\(nanoseconds),\"pad\":\""
        var packet = ByteBuffer()
        packet.reserveCapacity(payloadBytes + 128)
        packet.writeString("\(type)\(address.namespace),\(id)[\"publish\",{\"topic\":\"\(address.topic)\",\"payload\":")
        packet.writeString(stamp)
        packet.writeRepeatingByte(UInt8(ascii: "x"), count: max(0, payloadBytes - stamp.utf8.count - 2))
        packet.writeString(payloadEnd)
        packet.writeString(key.map { ",\"key\":\"\($0)\"}]" } ?? "}]")
        return packet
    }

    /// What a delivered message tells.
    struct Stamp: Equatable {
        var sequence: Int
        /// When it was due to be published, in nanoseconds of this machine's monotonic clock.
        var published: UInt64
        /// The id under which Socket.IO wants it acknowledged, if it does.
        var acknowledgementID: UInt64?
    }

    /// What a delivered message tells; nil if the packet is something else, the answer to `subscribe` for example.
    func stamp(of packet: UnsafeRawBufferPointer) -> Stamp? {
        var reader = PacketReader(packet)
        guard reader.skip(event) else { return nil }
        let id = reader.number()
        guard reader.skip(sequence), let number = reader.number(), number <= UInt64(UInt32.max),
            reader.skip(timestamp), let published = reader.number()
        else { return nil }
        return Stamp(sequence: Int(number), published: published, acknowledgementID: id)
    }

    /// The id of the `publish` that this packet says was accepted; nil if it says something else.
    func receipt(in packet: UnsafeRawBufferPointer) -> Int? {
        var reader = PacketReader(packet)
        guard reader.skip(receipt), let id = reader.number(), id <= UInt64(UInt32.max), reader.skip(accepted) else {
            return nil
        }
        return Int(id)
    }

    /// What the server refuses with this packet; nil if it refuses nothing.
    func refusal(in packet: UnsafeRawBufferPointer) -> String? {
        var (event, answer) = (PacketReader(packet), PacketReader(packet))
        let isRefused = event.skip(error) || (answer.skip(receipt) && receipt(in: packet) == nil)
        return isRefused ? String(decoding: packet.prefix(300), as: UTF8.self) : nil
    }
}
