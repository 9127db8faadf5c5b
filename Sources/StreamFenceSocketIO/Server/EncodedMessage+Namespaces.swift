import StreamFenceEngineIO

/// What the server says of a connection's namespaces.
extension EncodedMessage {
    static func connected(_ socket: Socket) -> EncodedPacket {
        let data = SocketValue.object([(key: "sid", value: .string(socket.id))])
        return packet(.connect, namespace: socket.namespace, data: data)
    }

    static func connectError(_ refusal: ConnectRefusal, namespace: String) -> EncodedPacket {
        var members: [(key: String, value: SocketValue)] = [(key: "message", value: .string(refusal.message))]
        if let data = refusal.data { members.append((key: "data", value: data)) }
        return packet(.connectError, namespace: namespace, data: .object(members))
    }

    static func disconnect(namespace: String) -> EncodedPacket {
        packet(.disconnect, namespace: namespace, data: nil)
    }

    private static func packet(_ kind: SocketPacket.Kind, namespace: String, data: SocketValue?) -> EncodedPacket {
        let payload = data.map { SocketPayload($0) }
        let packet = SocketPacket(kind: kind, namespace: namespace, data: payload?.arguments.first)
        return EncodedPacket(SocketPacketEncoder.text(of: packet))
    }
}
