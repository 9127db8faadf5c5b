import NIOCore
import StreamFenceSocketIO

/// What holds for every packet that was received.
enum PacketChecks {
    static func check(_ packet: SocketPacket) throws(Violation) {
        do throws(SocketPacketError) {
            try packet.validate()
        } catch {
            throw Violation(property: "the decoder applies the validator's rules", expected: "none", found: "\(error)")
        }
        try checkAccessors(packet)
        try checkRoundTrip(packet)
        try checkWriters(packet)
    }

    /// A packet is decoded from its own encoding unchanged.
    static func checkRoundTrip(_ packet: SocketPacket) throws(Violation) {
        let text = SocketPacketEncoder.text(of: packet)
        let again = try decode(text, packet.attachments)
        try expectEqual(again, packet, "a packet is decoded from its own encoding")
        try expectEqual(SocketPacketEncoder.text(of: again), text, "an encoding is canonical")
    }

    private static func checkAccessors(_ packet: SocketPacket) throws(Violation) {
        let arguments = packet.arguments
        let first = packet.kind == .event ? 1 : 0
        let elements = packet.kind == .event || packet.kind == .ack ? packet.data?.elements ?? [] : []
        try expectEqual(arguments, Array(elements.dropFirst(first)), "the arguments follow the name")
        for index in [0, 1, arguments.count - 1] where index >= 0 && index < arguments.count {
            try expectEqual(packet.argument(at: index), arguments[index], "the argument at \(index)")
        }
        for index in [-1, arguments.count, .max] {
            try expectEqual(packet.argument(at: index), nil, "there is no argument at \(index)")
        }
        try expectEqual(packet.eventName != nil, packet.kind == .event, "events, and only events, have a name")
        if let name = packet.eventName, elements[0].kind == .string {
            try expect(!SocketPacket.reservedEvents.contains(name), "no event has a reserved name", found: name)
            try expect(elements[0].isString(name), "the name is the first element", found: name)
        }
    }

    /// The functions that write an event or an acknowledgement out of its parts write the same packet.
    private static func checkWriters(_ packet: SocketPacket) throws(Violation) {
        let text: ByteBuffer
        switch packet.kind {
        case .event where packet.data?.element(at: 0)?.kind == .string:
            text = SocketPacketEncoder.eventText(
                namespace: packet.namespace,
                event: packet.eventName ?? "",
                arguments: packet.arguments,
                attachments: packet.attachments.count,
                id: packet.id
            )
            var appended = ByteBuffer()
            SocketPacketEncoder.writeEvent(
                namespace: packet.namespace,
                event: packet.eventName ?? "",
                rawArguments: packet.arguments.map(\.buffer),
                attachments: packet.attachments.count,
                id: packet.id,
                to: &appended
            )
            try expectEqual(appended, text, "events are written in one way")
        case .ack:
            text = SocketPacketEncoder.ackText(
                namespace: packet.namespace,
                id: packet.id ?? 0,
                arguments: packet.arguments,
                attachments: packet.attachments.count
            )
        default:
            return
        }
        let again = try decode(text, packet.attachments)
        try expectEqual(again.kind, packet.kind, "the kind of what was written")
        try expectEqual(again.namespace, packet.namespace, "the namespace of what was written")
        try expectEqual(again.id, packet.id, "the id of what was written")
        try expectEqual(again.eventName, packet.eventName, "the event's name of what was written")
        try expectEqual(again.arguments, packet.arguments, "the arguments of what was written")
        try expectEqual(again.attachments, packet.attachments, "the attachments of what was written")
    }

    private static func decode(_ text: ByteBuffer, _ attachments: [ByteBuffer]) throws(Violation) -> SocketPacket {
        // The limits are the input's matter; an encoding may be longer than what it was decoded from.
        var decoder = SocketPacketDecoder(
            limits: .init(maxAttachments: attachments.count, maxPayloadBytes: .max, maxDepth: .max)
        )
        do throws(SocketPacketError) {
            var packet = try decoder.receive(text: text)
            for attachment in attachments { packet = try decoder.receive(binary: attachment) }
            if let packet { return packet }
        } catch {
            throw Violation(property: "an encoding is accepted", expected: "no error", found: "\(error)")
        }
        throw Violation(property: "an encoding is complete", expected: "a packet", found: "none")
    }
}
