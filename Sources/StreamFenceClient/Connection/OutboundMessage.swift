import NIOCore
import StreamFenceEngineIO
import StreamFenceSocketIO

/// What the client sends in its namespace.
enum OutboundMessage: Sendable {
    case event(String, SocketPayload, id: UInt64? = nil)
    case acknowledgement(of: UInt64, SocketPayload)

    /// Finished websocket frames: the packet's text and its attachments.
    func frames(namespace: String) -> ByteBuffer {
        var frames = ByteBuffer()
        let attachments: [ByteBuffer]
        switch self {
        case .event(let name, let payload, let id):
            attachments = payload.attachments
            let text = SocketPacketEncoder.eventText(
                namespace: namespace,
                event: name,
                arguments: payload.arguments,
                attachments: attachments.count,
                id: id
            )
            frames.writeClientFrame(.message(.text(text)))
        case .acknowledgement(let id, let payload):
            attachments = payload.attachments
            let text = SocketPacketEncoder.ackText(
                namespace: namespace,
                id: id,
                arguments: payload.arguments,
                attachments: attachments.count
            )
            frames.writeClientFrame(.message(.text(text)))
        }
        for attachment in attachments { frames.writeClientFrame(.message(.binary(attachment))) }
        return frames
    }
}

extension ByteBuffer {
    /// Writes a packet's frame, masked with a key nobody can foresee (RFC 6455, section 10.3).
    mutating func writeClientFrame(_ packet: EnginePacket) {
        writeMaskedMessage(packet, mask: Self.newMask())
    }

    /// Writes a control frame of the websocket itself.
    mutating func writeClientControlFrame(_ opcode: WebSocketOpcode, _ payload: ByteBuffer) {
        writeMaskedFrame(opcode, payload, mask: Self.newMask())
    }

    private static func newMask() -> UInt32 {
        var random = SystemRandomNumberGenerator()
        return random.next()
    }
}
