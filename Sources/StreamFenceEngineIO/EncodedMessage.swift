import NIOCore
import Synchronization

/// A message encoded once for every recipient: finished websocket frames, and the same packets for long-polling.
///
/// A Socket.IO packet with attachments is one of these: its text and its attachments travel together. Sessions hold
/// references and never copy the bytes per client before they are written.
public final class EncodedMessage: Sendable {
    /// The finished frames, one after the other, as any websocket client receives them.
    public let frames: ByteBuffer
    /// The payload lengths of the frames, so that the packets can be found again without keeping them twice.
    private let firstLength: Int
    private let firstIsText: Bool
    private let attachmentLengths: [Int]
    /// The packets as a long-polling body carries them; made when the first polling client needs them.
    private let payload = Mutex<ByteBuffer?>(nil)

    /// Any packet.
    public init(_ packet: EnginePacket) {
        let content = packet.content
        firstIsText = packet.typeDigit != nil
        firstLength = content.readableBytes + (firstIsText ? 1 : 0)
        attachmentLengths = []
        var frames = ByteBufferAllocator().buffer(
            capacity: ByteBuffer.frameHeaderBytes(length: firstLength) + firstLength
        )
        if let digit = packet.typeDigit {
            frames.writeFrameHeader(.text, length: firstLength)
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
        firstIsText = true
        firstLength = length
        attachmentLengths = attachments.map(\.readableBytes)
        let capacity = attachmentLengths.reduce(ByteBuffer.frameHeaderBytes(length: length) + length) {
            $0 + ByteBuffer.frameHeaderBytes(length: $1) + $1
        }
        var frames = ByteBufferAllocator().buffer(capacity: capacity)
        frames.writeFrameHeader(.text, length: length)
        frames.writeInteger(UInt8(ascii: "4"))
        for part in parts { frames.writeImmutableBuffer(part) }
        for attachment in attachments { frames.writeFrame(.binary, attachment) }
        self.frames = frames
    }

    /// The encoded size in bytes, as it counts against every limit.
    public var count: Int { frames.readableBytes }

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
        var rest = frames
        func nextPayload(_ length: Int) -> ByteBuffer {
            rest.moveReaderIndex(forwardBy: ByteBuffer.frameHeaderBytes(length: length))
            return rest.readSlice(length: length) ?? ByteBuffer()
        }
        var body = ByteBuffer()
        let first = nextPayload(firstLength)
        if firstIsText {
            // A text frame's payload is the packet's text form already.
            body.writeImmutableBuffer(first)
        } else {
            PollingPayload.append(.message(.binary(first)), to: &body)
        }
        for length in attachmentLengths {
            PollingPayload.append(.message(.binary(nextPayload(length))), to: &body)
        }
        return body
    }
}
