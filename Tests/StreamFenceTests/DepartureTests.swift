import NIOCore
import NIOEmbedded
import NIOPosix
import StreamFenceDelivery
import StreamFenceEngineIO
import StreamFencePluginKit
import StreamFenceTestClient
import Synchronization
import Testing

@testable import StreamFence
@testable import StreamFenceSocketIO

@Suite("What a client leaves behind", .timeLimit(.minutes(5)))
struct DepartureTests {
    private struct Reject: OverflowPolicy {
        func decide(_ overflow: borrowing Overflow) -> OverflowDecision { .reject() }
    }

    /// The namespace's own pipeline, with a look at what it keeps for each client.
    private struct Watched: NamespaceHandler {
        let pipeline: NamespacePipeline
        let remains: Remains

        func admit(_ request: ConnectRequest) -> Admission { pipeline.admit(request) }

        func connected(_ socket: Socket, _ decision: (any Sendable)?) {
            pipeline.connected(socket, decision)
            let client = pipeline.client(of: socket)
            remains.watch(socket, "socket")
            remains.watch(socket.session, "session")
            remains.watch(socket.session?.delegate, "connection")
            remains.watch(client, "client")
            remains.watch(client?.gate, "gate")
            remains.watch(client?.lanes, "lanes")
            remains.watch(client?.lanes.writer, "writer")
        }

        func received(_ packet: SocketPacket, named name: String, from socket: Socket) {
            pipeline.received(packet, named: name, from: socket)
            if let lane = pipeline.client(of: socket)?.lanes.lane(for: 0) { remains.watch(lane, "lane") }
        }

        func acknowledged(_ id: UInt64, _ packet: SocketPacket, from socket: Socket) {
            pipeline.acknowledged(id, packet, from: socket)
        }
        func becameWritable(_ socket: Socket) { pipeline.becameWritable(socket) }
        func disconnected(_ socket: Socket, _ reason: DisconnectReason) { pipeline.disconnected(socket, reason) }
    }

    /// How a client goes.
    enum Departure: CaseIterable {
        case leaves, drops, breaksTheProtocol, dropsWithMessagesQueued, dropsWhileItsMessageIsHandled
        case dropsWhileItsTokenIsChecked
    }

    @Test("Nothing, however it goes", arguments: Departure.allCases)
    func departure(_ departure: Departure) async throws {
        let remains = Remains()
        let gate = Gate()
        let porter = Porter { request in
            if request.token == "slow" { try await gate.passed() }
            return .accept(principal: "alice", expiresAt: .seconds(1_000_000))
        }
        let pipeline = NamespacePipeline(
            configuration: feed(),
            authentication: AuthenticationSettings(
                validator: porter,
                validatorName: "porter",
                acceptsCertificates: false,
                breaker: ValidatorBreaker(),
                authAt: .subscribe,
                timeout: .hours(1),
                allowsQueryToken: false,
                limiter: RejectionLimiter(maxPerWindow: 1, window: .hours(1)),
                revocations: Revocations(longestValidation: .hours(1)),
                log: LogLimiter(perWindow: 1, window: .hours(1))
            ),
            policy: Reject(),
            spill: nil,
            memory: MemoryBudget(limit: 1 << 30),
            loops: loops.makeIterator().map { DeliveryLoopBox($0) },
            messageIDs: MessageID.Source(),
            events: EventHub(logger: quiet),
            logger: quiet,
            maxSubscriptions: nil,
            principals: nil,
            now: { .zero }
        )
        try pipeline.topic("trades").inbound.handler = { _, _ in try await gate.passed() }
        let server = SocketIOServer(logger: quiet, eventLoopGroup: loops)
        server.register(Watched(pipeline: pipeline, remains: remains), at: "/feed")
        try await server.start(host: "127.0.0.1", port: 0)
        let client = try await TestClient.connect(to: server.port, on: loops)
        try await client.join("/feed", auth: #"{"token":"good"}"#)
        try await client.subscribe(to: "snapshot")
        try await client.subscribe(to: "trades")
        try await go(client, departure, pipeline, porter)
        await client.drop()
        try await eventually { server.clientCount == 0 }
        gate.open()
        #expect(remains.count == 8)
        let found = try await remains.found()
        #expect(found == [])
        for topic in ["snapshot", "trades"] { #expect(try publish("x", topic, pipeline) == 0) }
        try await server.shutDown()
    }

    private func go(_ client: TestClient, _ departure: Departure, _ pipeline: NamespacePipeline, _ porter: Porter)
        async throws
    {
        switch departure {
        case .leaves:
            client.send("1/feed,")
            client.send("0/feed,")
            #expect(try await client.packet().hasPrefix("0/feed,"))
        case .drops:
            break
        case .breaksTheProtocol:
            client.send("nonsense")
            try await client.expect(.closed(1002))
        case .dropsWithMessagesQueued:
            try await client.setReading(false)
            for _ in 0..<300 { _ = try publish(String(repeating: "x", count: 65_536), "snapshot", pipeline) }
            try await turnAll()
        case .dropsWhileItsMessageIsHandled:
            client.send(#"2/feed,1["publish",{"topic":"trades","payload":1}]"#)
            #expect(try await client.packet().hasPrefix("3/feed,1"))
        case .dropsWhileItsTokenIsChecked:
            for topic in ["trades", "snapshot"] {
                client.send(#"2/feed,["publish",{"topic":"\#(topic)","payload":1,"token":"slow"}]"#)
            }
            while await porter.asked.next() != "publish trades slow" {}
        }
    }

    private func publish(_ text: String, _ topic: String, _ pipeline: NamespacePipeline) throws -> Int {
        let topic = try pipeline.topic(topic)
        let id = pipeline.messageIDs.next()
        let message = try pipeline.message(MessagePayload(encoding: text), id: id, topic: topic, key: nil)
        return try pipeline.fanout.publish(message, topic: topic.index)
    }

    @Test("A client whose connection fails while it subscribes gets no lane")
    func failsWhileSubscribing() throws {
        let eventLoop = EmbeddedEventLoop()
        let fanout = Fanout(topicCount: 2, loops: [DeliveryLoopBox(eventLoop)])
        let shard = fanout.shards[0]
        let feed = NamespaceConfiguration(path: "/feed", topics: ["0", "1"])
        let topics = (0..<2).map { index in
            Topic(name: "\(index)", index: index, shardCount: 1, configuration: feed, policy: Reject())
        }
        let transport = FailingTransport()
        let lanes = ClientLanes(
            id: "client",
            settings: LaneSettings(
                namespace: "/feed",
                maxMessages: 5,
                maxBytes: 1000,
                policy: Reject(),
                memory: MemoryBudget(limit: 1000)
            ),
            writer: ConnectionWriter(transport: transport, loop: shard.loop.value),
            loop: shard.loop.value,
            onDisconnect: { _ in }
        )
        transport.onFlush = {
            lanes.close()
            shard.unsubscribe(lanes, from: topics[0], fanout)
        }
        _ = shard.subscribe(lanes, to: topics[0], fanout)
        let id = MessageID.Source().next()
        let message = topics[0].message(try MessagePayload(encoding: 1), id: id, key: nil)
        #expect(try fanout.publish(message, topic: 0) == 1)
        _ = shard.subscribe(lanes, to: topics[1], fanout)
        #expect(try fanout.publish(message, topic: 0) == 0)
        #expect(try fanout.publish(message, topic: 1) == 0)
        #expect(try fanout.publish(message, topic: 1, to: "client") == false)
        eventLoop.run()
    }

    private final class FailingTransport: LaneTransport {
        var onFlush: (() -> Void)?
        let room = 1000
        let hasUnsent = false
        func write(_ content: any MessageContent) {}
        func flush() { onFlush?() }
    }
}
