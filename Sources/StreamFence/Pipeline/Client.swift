import NIOCore
import StreamFenceDelivery
import StreamFenceEngineIO
import StreamFenceSocketIO

/// What the pipeline keeps with a client of a namespace. Owned by the client's event loop.
final class Client {
    let socket: Socket
    let shard: FanoutShard
    let lanes: ClientLanes
    /// Made when the client first publishes on a topic that has a handler.
    private(set) lazy var inbound = InboundQueue(eventLoop: shard.eventLoop)

    init(socket: Socket, session: EngineIOSession, shard: FanoutShard, settings: LaneSettings) {
        self.socket = socket
        self.shard = shard
        lanes = ClientLanes(settings: settings, writer: Self.writer(of: session))
    }

    /// A connection has one writer, whatever the number of namespaces its client has joined.
    private static func writer(of session: EngineIOSession) -> ConnectionWriter {
        if let writer = session.companion as? ConnectionWriter { return writer }
        let writer = ConnectionWriter(transport: session)
        session.companion = writer
        return writer
    }
}

extension EngineIOSession: LaneTransport {
    package func write(_ content: any MessageContent) {
        write(EncodedMessage.of(content))
    }

    package func disconnect(reason: String) {
        server.logRejection("client disconnected by its overflow policy", RequestError(.queueOverflow, reason))
        // At the end of the tick: the lanes are being worked on now.
        eventLoop.assumeIsolated().execute { self.close(.slowConsumer) }
    }
}
