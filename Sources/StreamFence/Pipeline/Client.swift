import NIOCore
import StreamFenceDelivery
import StreamFenceEngineIO
import StreamFenceSocketIO

/// What the pipeline keeps with a client of a namespace. Owned by the client's event loop.
final class Client {
    let socket: Socket
    let shard: FanoutShard
    let lanes: ClientLanes
    /// What stands between it and the namespace; nil where that requires no token.
    let gate: ClientGate?
    /// Its places among the connections of its principals, where those are limited.
    var places: [String: PrincipalConnections.Place] = [:]
    /// Why the server ends its connection, where it has a reason of its own.
    var farewell: String?
    /// Made when the client first publishes on a topic that has a handler.
    private(set) lazy var inbound = InboundQueue(eventLoop: shard.eventLoop)

    /// Who it authenticated as; nil before, and where the namespace requires no token.
    var principal: String? { gate?.authentication.accepted?.principal }

    init(
        socket: Socket,
        session: EngineIOSession,
        shard: FanoutShard,
        settings: LaneSettings,
        gate: ClientGate?
    ) {
        self.socket = socket
        self.gate = gate
        self.shard = shard
        let loop = shard.loop.value
        lanes = ClientLanes(id: socket.id, settings: settings, writer: Self.writer(of: session, loop), loop: loop) {
            socket.disconnect(forFallingBehind: $0)
        }
    }

    /// A connection has one writer, whatever the number of namespaces its client has joined.
    private static func writer(of session: EngineIOSession, _ loop: DeliveryLoop) -> ConnectionWriter {
        if let writer = session.companion as? ConnectionWriter { return writer }
        let writer = ConnectionWriter(transport: session, loop: loop)
        session.companion = writer
        return writer
    }
}

extension Socket {
    /// Closes the connection as the overflow policy says, at the end of the tick: lanes are being worked on now. The client
    /// finds the reason behind what it has not read yet.
    fileprivate func disconnect(forFallingBehind reason: String) {
        let error = RequestError(.queueOverflow, reason)
        session?.server.logRejection("client disconnected by its overflow policy", "\(self): \(error.message)")
        eventLoop.execute {
            self.emit("error", ["code": .string(error.code.rawValue), "message": .string(error.message)])
            self.disconnect(closingConnection: true)
        }
    }
}

extension EngineIOSession: LaneTransport {
    package func write(_ content: any MessageContent) {
        write(EncodedMessage.of(content))
    }
}
