import NIOCore
import Synchronization

/// A message encoded once for every recipient: finished websocket frames, and the same packets for long-polling.
///
/// A Socket.IO packet with attachments is one of these: its text and its attachments travel together. So are several
/// messages that the same recipients get together. Sessions hold references and never copy the bytes per client before
/// they are written.
public final class EncodedMessage: Sendable {
    /// The finished frames, one after the other, as any websocket client receives them.
    public let frames: ByteBuffer
    private let packets: Packets
    /// The packets as a long-polling body carries them; made when the first polling client needs them.
    private let payload = Mutex<ByteBuffer?>(nil)

    /// How to find the packets in the frames again, without keeping them twice.
    private enum Packets: Sendable {
        case text(length: Int, attachments: [Int])
        case binary(length: Int)
        case joined([EncodedMessage])
    }

    /// Any packet.
    public init(_ packet: EnginePacket) {
        let content = packet.content
        let length = content.readableBytes + (packet.typeDigit == nil ? 0 : 1)
        packets = packet.typeDigit == nil ? .binary(length: length) : .text(length: length, attachments: [])
        var frames = ByteBufferAllocator().buffer(capacity: ByteBuffer.frameHeaderBytes(length: length) + length)
        if let digit = packet.typeDigit {
            frames.writeFrameHeader(.text, length: length)
            frames.writeInteger(digit)
            frames.writeImmutableBuffer(content)
        } else {
            frames.writeFrame(.binary, content)
        }
        self.frames = frames
    }

    /// A text message followed by binary ones.
    ///
    /// - Parameters:
    ///   - parts: the text, in pieces that are joined, without the Engine.IO type; valid UTF-8 together.
    ///   - attachments: sent as binary messages right behind it.
    public init(text parts: ByteBuffer..., attachments: [ByteBuffer] = []) {
        let length = parts.reduce(1) { $0 + $1.readableBytes }
        let lengths = attachments.map(\.readableBytes)
        packets = .text(length: length, attachments: lengths)
        let capacity = lengths.reduce(ByteBuffer.frameHeaderBytes(length: length) + length) {
            $0 + ByteBuffer.frameHeaderBytes(length: $1) + $1
        }
        var frames = ByteBufferAllocator().buffer(capacity: capacity)
        frames.writeFrameHeader(.text, length: length)
        frames.writeInteger(UInt8(ascii: "4"))
        for part in parts { frames.writeImmutableBuffer(part) }
        for attachment in attachments { frames.writeFrame(.binary, attachment) }
        self.frames = frames
    }

    /// A text message and its attachments again, from the ``frames`` of one that was kept elsewhere meanwhile.
    ///
    /// - Returns: nil if they are not the frames of one.
    package init?(frames: ByteBuffer) {
        var rest = frames
        guard let text = rest.readWholeFrame(.text) else { return nil }
        var attachments: [Int] = []
        while rest.readableBytes > 0 {
            guard let attachment = rest.readWholeFrame(.binary) else { return nil }
            attachments.append(attachment)
        }
        packets = .text(length: text, attachments: attachments)
        self.frames = frames
    }

    /// Several messages that the same recipients get together, in order.
    public init(joining messages: [EncodedMessage]) {
        var frames = ByteBufferAllocator().buffer(capacity: messages.reduce(0) { $0 + $1.count })
        for message in messages { frames.writeImmutableBuffer(message.frames) }
        self.frames = frames
        packets = .joined(messages)
    }

    /// Where in ``frames`` the text of a text message begins, behind the frame's header and the Engine.IO type.
    package var textStart: Int {
        guard case .text(let length, _) = packets else { return 0 }
        return ByteBuffer.frameHeaderBytes(length: length) + 1
    }

    /// The encoded size in bytes, as it counts against every limit.
    public var count: Int { frames.readableBytes }

    /// How many Engine.IO packets it is: an attachment is one of its own.
    var packetCount: Int {
        switch packets {
        case .text(_, let attachments): 1 + attachments.count
        case .binary: 1
        case .joined(let messages): messages.reduce(0) { $0 + $1.packetCount }
        }
    }

    /// The packets joined for a long-polling body; the same bytes for every polling client.
    public var pollingPayload: ByteBuffer {
        payload.withLock { made in
            if let made { return made }
            let body = makePollingPayload()
            made = body
            return body
        }
    }

    private func makePollingPayload() -> ByteBuffer {
        var body = ByteBuffer()
        var rest = frames
        func nextPayload(_ length: Int) -> ByteBuffer {
            rest.moveReaderIndex(forwardBy: ByteBuffer.frameHeaderBytes(length: length))
            return rest.readSlice(length: length) ?? ByteBuffer()
        }
        switch packets {
        case .text(let length, let attachments):
            // A text frame's payload is the packet's text form already.
            body.writeImmutableBuffer(nextPayload(length))
            for length in attachments {
                PollingPayload.append(.message(.binary(nextPayload(length))), to: &body)
            }
        case .binary(let length):
            PollingPayload.append(.message(.binary(nextPayload(length))), to: &body)
        case .joined(let messages):
            for (index, message) in messages.enumerated() {
                if index > 0 { body.writeInteger(PollingPayload.separator) }
                body.writeImmutableBuffer(message.pollingPayload)
            }
        }
        return body
    }
}
