import NIOCore

/// An event a client sent.
public struct SocketEvent: Sendable {
    /// The event's name, never one of ``SocketPacket/reservedEvents``; a number that names an event, as its text.
    public let name: String
    /// The arguments that follow the name.
    public let payload: SocketPayload
    /// The packet it came in.
    package let packet: SocketPacket
    private let socket: Socket

    init(name: String, packet: SocketPacket, socket: Socket) {
        self.name = name
        self.packet = packet
        self.socket = socket
        payload = SocketPayload(packet)
    }

    /// Whether the client waits for ``acknowledge(_:)``.
    public var wantsAcknowledgement: Bool { packet.id != nil }

    /// Answers the client; does nothing if it did not ask. Once is enough: a client ignores a second answer.
    public func acknowledge(_ payload: SocketPayload) {
        socket.acknowledge(packet, payload)
    }

    /// Answers the client with these arguments.
    public func acknowledge(_ arguments: SocketValue...) {
        acknowledge(SocketPayload(values: arguments))
    }
}

extension EncodedPacket {
    static func acknowledgement(of id: UInt64, payload: SocketPayload, namespace: String) -> EncodedPacket {
        EncodedPacket(
            SocketPacketEncoder.ackText(
                namespace: namespace,
                id: id,
                arguments: payload.arguments,
                attachments: payload.attachments.count
            ),
            attachments: payload.attachments
        )
    }

    static func event(_ name: String, payload: SocketPayload, namespace: String, id: UInt64? = nil) -> EncodedPacket {
        EncodedPacket(
            SocketPacketEncoder.eventText(
                namespace: namespace,
                event: name,
                arguments: payload.arguments,
                attachments: payload.attachments.count,
                id: id
            ),
            attachments: payload.attachments
        )
    }
}
