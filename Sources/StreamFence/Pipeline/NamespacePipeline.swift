import Logging
import NIOCore
import StreamFenceDelivery
import StreamFenceEngineIO
import StreamFencePluginKit
import StreamFenceSocketIO
import Synchronization

/// One namespace of a server, from a client's request to the lanes of its subscribers.
///
/// 1. Lets clients join, over the transports the namespace serves.
/// 2. Has tokens checked where it requires them (`+Authentication.swift`).
/// 3. Carries out what they ask for and answers (`+Requests.swift`).
/// 4. Encodes what is published and gives it to the ``Fanout``.
/// 5. Has a client's lanes drained when its transport is writable again, and discarded when it leaves.
final class NamespacePipeline: NamespaceHandler {
    let configuration: NamespaceConfiguration
    let fanout: Fanout
    let messageIDs: MessageID.Source
    let events: EventHub
    let counters = NamespaceCounters()
    let logger: Logger
    /// nil where the namespace requires no token.
    let authenticator: Authenticator?
    /// The wall clock, for ``InboundMessageContext/receivedAt`` and the end of tokens.
    let now: @Sendable () -> Duration
    /// The most topics a client may be subscribed to; nil for any number.
    let maxSubscriptions: Int?
    /// One for the server; nil where a principal may have any number of connections.
    let principals: PrincipalConnections?
    private let topics: [String: Topic]
    private let topicList: [Topic]
    private let settings: LaneSettings
    private let clients = Mutex<[String: Socket]>([:])

    init(
        configuration: NamespaceConfiguration,
        authentication: AuthenticationSettings?,
        policy: any OverflowPolicy,
        spill: SpillService?,
        memory: MemoryBudget,
        loops: [DeliveryLoopBox],
        messageIDs: MessageID.Source,
        events: EventHub,
        logger: Logger,
        maxSubscriptions: Int?,
        principals: PrincipalConnections?,
        now: @escaping @Sendable () -> Duration
    ) {
        self.configuration = configuration
        self.maxSubscriptions = maxSubscriptions
        self.principals = principals
        self.messageIDs = messageIDs
        self.events = events
        self.logger = logger
        self.now = now
        authenticator = authentication.map { [counters] in
            Authenticator(
                $0,
                namespace: configuration.path,
                counters: counters,
                events: events,
                logger: logger,
                now: now
            )
        }
        fanout = Fanout(
            topicCount: configuration.topics.count,
            loops: loops,
            maxOutboxBytes: min(Fanout.defaultOutboxBytes, memory.limit),
            retain: RetainedMessages(
                maxMessages: configuration.retain,
                maxBytes: configuration.maxQueuedBytesPerClient
            )
        )
        topicList = configuration.topics.enumerated().map { index, name in
            Topic(
                name: name,
                index: index,
                shardCount: loops.count,
                configuration: configuration,
                policy: policy
            )
        }
        topics = Dictionary(uniqueKeysWithValues: topicList.map { ($0.name, $0) })
        settings = LaneSettings(
            configuration,
            policy: policy,
            spill: spill,
            memory: memory,
            observer: EventObserver(namespace: configuration.path, events: events, messageIDs: messageIDs)
        )
    }

    /// In the order of the configuration.
    var allTopics: [Topic] { topicList }

    /// - Throws: ``ErrorCode/unknownTopic``.
    func topic(_ name: String) throws(RequestError) -> Topic {
        guard let topic = topics[name] else {
            throw RequestError(.unknownTopic, "\(configuration.path) has no such topic")
        }
        return topic
    }

    /// Encodes a message.
    ///
    /// - Throws: ``ErrorCode/payloadTooLarge`` if no lane could ever hold it.
    func message(
        _ payload: MessagePayload,
        id: MessageID,
        topic: Topic,
        key: String?
    ) throws(RequestError) -> Message {
        let message = topic.message(payload, id: id, key: key)
        guard message.bytes <= configuration.maxQueuedBytesPerClient else {
            throw RequestError(
                .payloadTooLarge,
                "expected at most \(configuration.maxQueuedBytesPerClient) bytes, found \(message.bytes)"
            )
        }
        return message
    }

    // MARK: Clients

    func admit(_ request: ConnectRequest) -> Admission {
        if request.transport == .polling, !configuration.allowPolling {
            return .refuse(
                ConnectRefusal(
                    "\(configuration.path) is served over websocket only",
                    data: ["code": .string(ErrorCode.transportRejected.rawValue), "transports": ["websocket"]]
                )
            )
        }
        return authenticator.map { admission(of: request, $0) } ?? .accept
    }

    func connected(_ socket: Socket, _ decision: (any Sendable)?) {
        guard let session = socket.session,
            let shard = fanout.shards.first(where: { $0.eventLoop === socket.eventLoop })
        else {
            // The server's loops are the pipeline's: nothing else accepts connections for it.
            logger.error("a client on an unknown event loop", metadata: ["client": "\(socket)"])
            return socket.disconnect(closingConnection: true)
        }
        let client = Client(
            socket: socket,
            session: session,
            shard: shard,
            settings: settings,
            gate: authenticator.map { gate($0, decision as? AcceptedToken, socket.handshake) }
        )
        socket.companion = client
        clients.withLock { $0[socket.id] = socket }
        noteConnected(client, over: session.transport)
        watch(client)
    }

    func acknowledged(_ id: UInt64, _ packet: SocketPacket, from socket: Socket) {
        guard let client = client(of: socket) else { return }
        // Only `ackStyle: socketio` asks for it. There is no topic in it to count a late or a wrong one by.
        let isExpected = configuration.ackStyle == .socketio && client.lanes.acknowledge(shortNumber: id)
        if !isExpected { counters.unknownAcknowledgements.increment() }
        chargeAcknowledgement(packet, isExpected: isExpected, to: socket)
    }

    func becameWritable(_ socket: Socket) {
        client(of: socket)?.lanes.writer.drain()
    }

    func disconnected(_ socket: Socket, _ reason: DisconnectReason) {
        clients.withLock { $0[socket.id] = nil }
        guard let client = client(of: socket) else { return }
        client.gate?.close()
        client.places = [:]
        client.lanes.close()
        for index in Array(client.lanes.topics) {
            client.shard.unsubscribe(client.lanes, from: topicList[index], fanout)
        }
        socket.companion = nil
        noteDisconnected(client, reason)
    }

    var connectedSockets: [Socket] { clients.withLock { Array($0.values) } }

    func client(of socket: Socket) -> Client? {
        socket.companion as? Client
    }

    // MARK: The end

    /// Tells every client that the server is about to stop, and succeeds when nothing is queued for any of them.
    func drain(within time: Duration, on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        let notice = SocketPayload(["inMs": .integer(time.wholeMilliseconds)])
        let idle = connectedSockets.map { socket in
            socket.eventLoop.flatSubmit {
                socket.emit("server_draining", notice)
                guard let client = self.client(of: socket) else { return socket.eventLoop.makeSucceededVoidFuture() }
                return client.lanes.writer.whenIdle(on: socket.eventLoop)
            }
        }
        return EventLoopFuture.andAllComplete(idle, on: eventLoop)
    }
}
