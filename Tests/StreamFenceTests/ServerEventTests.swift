import NIOCore
import NIOPosix
import StreamFenceTestClient
import Testing

@testable import StreamFence
@testable import StreamFenceSocketIO

@Suite("The events of a server", .timeLimit(.minutes(5)))
struct ServerEventTests {
    /// Runs a server while `body` runs with one client of `/feed`.
    ///
    /// - Returns: what happened between the client's connection and the server's stop.
    private func events(
        _ namespace: NamespaceConfiguration = feed(),
        of body: (TestClient, StreamFenceServer) async throws -> Void
    ) async throws -> (events: [ServerEvent], id: String) {
        let server = try server(namespace)
        let recorder = Recorder()
        try await server.start()
        server.addListener(recorder)
        let client = try await TestClient.connect(to: server.port, on: loops)
        let id = try await client.join("/feed")
        try await body(client, server)
        try await server.stop(waitingForListeners: .seconds(60))
        let events = recorder.events
        #expect(events.first == .connected(id))
        let end = events.firstIndex { if case .serverStopping = $0 { true } else { false } }
        return (Array(events[..<(end ?? events.count)].dropFirst()), id)
    }

    @Test("From the start to the end, in order, to listeners and sequences registered before the start")
    func everything() async throws {
        let server = try server(feed())
        let (first, second) = (Recorder(), Recorder())
        server.addListener(first)
        server.addListener(second)
        let events = server.events()
        try await server.start()
        let port = try #require(server.port)
        let client = try await TestClient.connect(to: port, on: loops)
        let id = try await client.join("/feed")
        try await client.subscribe(to: "snapshot")
        client.send(#"2/feed,["publish",{"topic":"snapshot","payload":1}]"#)
        try await client.expect(#"2/feed,["snapshot",1]"#)
        client.send(#"2/feed,["publish",{"topic":"nope","payload":1}]"#)
        try await client.expect(#"2/feed,["error",{"code":"UNKNOWN_TOPIC","message":"/feed has no such topic"}]"#)
        client.send(#"2/feed,["unsubscribe",{"topic":"snapshot"}]"#)
        try await client.expect(#"2/feed,["unsubscribed",{"topic":"snapshot"}]"#)
        try await server.stop(waitingForListeners: .seconds(60))
        let expected: [ServerEvent] = [
            .starting(0), .started(port), .connected(id), .subscribed(id), .accepted(id),
            .rejected(id, "nope", .unknownTopic, "/feed has no such topic"), .unsubscribed(id), .stopping(port),
            .disconnected(id, "server shutting down"), .stopped(port),
        ]
        #expect(first.events == expected)
        #expect(second.events == expected)
        #expect(await events.all() == expected)
        #expect(await server.events().all() == [])
    }

    @Test("A listener and a sequence registered while the server runs get what happens from then on")
    func late() async throws {
        let server = try server(feed())
        try await server.start()
        let port = try #require(server.port)
        let client = try await TestClient.connect(to: port, on: loops)
        let id = try await client.join("/feed")
        let recorder = Recorder()
        server.addListener(recorder)
        let events = server.events()
        try await client.subscribe(to: "trades")
        try await server.stop(waitingForListeners: .seconds(60))
        let expected: [ServerEvent] = [
            .subscribed(id, "trades"), .stopping(port), .disconnected(id, "server shutting down"), .stopped(port),
        ]
        #expect(recorder.events == expected)
        #expect(await events.all() == expected)
    }

    @Test("A start that fails has not started, and the next one tells anew")
    func failedStart() async throws {
        let first = try server(feed())
        try await first.start()
        let port = try #require(first.port)
        let second = try server(feed()) { $0.port = port }
        let events = second.events()
        await #expect(throws: (any Error).self) { try await second.start() }
        try await first.stop()
        try await second.start()
        try await second.stop()
        #expect(
            await events.all()
                == [.starting(port), .starting(port), .started(port), .stopping(port), .stopped(port)]
        )
    }

    @Test(
        "A client that connects as soon as the port is bound is not served before the server says that it has started"
    )
    func startedFirst() async throws {
        let server = SocketIOServer(logger: quiet, eventLoopGroup: loops)
        try await server.bind(host: "127.0.0.1", port: 0)
        let client = try await ClientBootstrap(group: loops)
            .connect(host: "127.0.0.1", port: try #require(server.port)).get()
        let opening = "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: test\r\n\r\n"
        try await client.writeAndFlush(ByteBuffer(string: opening)).get()
        for _ in 0..<20 { try await turnAll() }
        #expect(server.clientCount == 0)
        server.accept()
        try await eventually { server.clientCount == 1 }
        try await client.close()
        try await server.shutDown()
    }

    @Test("A client on long-polling is told apart")
    func polling() async throws {
        try await serving { server in
            let events = server.events()
            _ = try await PollingClient(port: server.port, namespace: "/feed")
            let connected = await events.next { _ in true }
            guard case .clientConnected(let event) = connected else {
                Issue.record("expected a connection, found \(String(describing: connected))")
                return
            }
            #expect(event.transport == .polling)
            #expect(event.principal == nil)
        }
    }

    @Test("A client that goes takes its subscriptions with it: one event, which says why")
    func departures() async throws {
        let server = try server(feed())
        try await server.start()
        let events = server.events()
        var expected: [ServerEvent] = []
        for (packet, reason) in [("1/feed,", "client namespace disconnect"), ("nonsense", "parse error")] {
            let client = try await TestClient.connect(to: server.port, on: loops)
            let id = try await client.join("/feed")
            try await client.subscribe(to: "snapshot")
            client.send(packet)
            expected += [.connected(id), .subscribed(id), .disconnected(id, reason)]
            var seen = expected.suffix(3)[...]
            while let event = seen.popFirst() { #expect(await events.next { _ in true } == event) }
        }
        let pipeline = try #require(server.pipelines["/feed"])
        #expect([pipeline.counters.connections.value, pipeline.counters.disconnections.value] == [2, 2])
        try await server.stop()
    }

    @Test("A request that changes nothing is no event")
    func nothing() async throws {
        let (events, id) = try await events { client, _ in
            for request in ["subscribe", "unsubscribe"] {
                for _ in 0..<2 {
                    client.send(#"2/feed,["\#(request)",{"topic":"trades"}]"#)
                    try await client.expect(#"2/feed,["\#(request)d",{"topic":"trades"}]"#)
                }
            }
            client.send(#"2/feed,["subscribe",{"topic":"nope"}]"#)
            client.send(#"2/feed,["nonsense"]"#)
            for _ in 0..<2 { #expect(try await client.packet().hasPrefix(#"2/feed,["error""#)) }
        }
        #expect(events == [.subscribed(id, "trades"), .unsubscribed(id, "trades")])
    }

    @Test(
        "A refused publish is told with what the client was told, and with the topic if it named one",
        arguments: [
            (#"{"topic":"nope","payload":1}"#, "nope" as String?, ErrorCode.unknownTopic, "/feed has no such topic"),
            (#"{"topic":"snapshot"}"#, "snapshot", .invalidRequest, "publish: expected payload, found none"),
            (#"{"payload":1}"#, nil, .invalidRequest, "publish: expected a string as topic"),
            (#"{"topic":[],"payload":1}"#, nil, .invalidRequest, "publish: expected a string as topic"),
            ("7", nil, .invalidRequest, "publish: expected an object as the argument"),
            (
                #"{"topic":"trades","payload":"\#(String(repeating: "x", count: 200))"}"#, "trades", .payloadTooLarge,
                "expected at most 100 bytes, found 225"
            ),
        ]
    )
    func refusals(body: String, topic: String?, code: ErrorCode, reason: String) async throws {
        let (events, id) = try await events(feed { $0.maxQueuedBytesPerClient = 100 }) { client, _ in
            client.send(#"2/feed,["publish",\#(body)]"#)
            try await client.expect(#"2/feed,["error",{"code":"\#(code.rawValue)","message":"\#(reason)"}]"#)
        }
        #expect(events == [.rejected(id, topic, code, reason)])
    }

    @Test("A client can't fill buffers with the name of a topic there is none of; those there are stay whole")
    func longNames() async throws {
        let known = String(repeating: "t", count: 300)
        let namespace = feed {
            $0.topics = [known]
            $0.clientPublish = .deny
        }
        let (events, id) = try await events(namespace) { client, _ in
            for topic in [String(repeating: "é", count: 100_000), known] {
                client.send(#"2/feed,["publish",{"topic":"\#(topic)","payload":1}]"#)
                let answer = try await client.packet()
                #expect(answer.hasPrefix(#"2/feed,["error""#))
            }
        }
        #expect(
            events == [
                .rejected(id, String(repeating: "é", count: 128), .unknownTopic, "/feed has no such topic"),
                .rejected(id, known, .publishDenied, "clients may not publish in /feed"),
            ]
        )
    }

    @Test("Where a message is acknowledged after its handler's success, the handler decides what the event is")
    func handled() async throws {
        struct Failure: Error {}
        let namespace = feed { $0.inboundAckPolicy = .ackAfterHandlerSuccess }
        let (events, id) = try await events(namespace) { client, server in
            try server.onMessage("/feed", "snapshot") { payload, _ in
                if try payload.decode(Int.self) < 0 { throw Failure() }
            }
            for value in [1, -1] {
                client.send(#"2/feed,1["publish",{"topic":"snapshot","payload":\#(value)}]"#)
                #expect(try await client.packet().hasPrefix("3/feed,1"))
            }
        }
        #expect(
            events == [
                .accepted(id), .rejected(id, "snapshot", .publishDenied, "the message could not be handled"),
            ]
        )
    }

    @Test("Where it is acknowledged on receipt, a handler's failure is no refusal")
    func handledOnReceipt() async throws {
        struct Failure: Error {}
        let (events, id) = try await events { client, server in
            try server.onMessage("/feed", "snapshot") { _, _ in throw Failure() }
            client.send(#"2/feed,1["publish",{"topic":"snapshot","payload":1}]"#)
            #expect(try await client.packet().hasPrefix("3/feed,1"))
        }
        #expect(events == [.accepted(id)])
    }

    @Test("A listener that fails or hangs harms neither the server, nor its stop, nor another listener")
    func bad() async throws {
        let server = try server(feed())
        let hanging = Hanging()
        let recorder = Recorder()
        server.addListener(hanging, bufferingAtMost: 1)
        server.addListener(Failing())
        server.addListener(recorder)
        let events = server.events()
        try await server.start()
        let client = try await TestClient.connect(to: server.port, on: loops)
        let id = try await client.join("/feed")
        #expect(await hanging.entered.next() == id)
        try await client.subscribe(to: "snapshot")
        for number in 0..<200 {
            client.send(#"2/feed,["publish",{"topic":"snapshot","payload":\#(number)}]"#)
            try await client.expect(#"2/feed,["snapshot",\#(number)]"#)
        }
        try await eventually { recorder.events.count == 2 + 2 + 200 }
        try await server.stop(waitingForListeners: .milliseconds(50))
        #expect(await events.all().count == 2 + 2 + 200 + 3)
        hanging.gate.open()
    }

    @Test("Publishes are counted once each, in the bytes of their payload, whoever publishes")
    func counted() async throws {
        try await serving { server in
            let client = try await TestClient.connect(to: server.port, on: loops)
            let id = try await client.join("/feed")
            try await client.subscribe(to: "snapshot")
            _ = try await server.subscriber(to: "snapshot")
            try server.publish("/feed", "snapshot", "three")
            try server.publishTo("/feed", id, "snapshot", 22)
            client.send(#"2/feed,["publish",{"topic":"snapshot","payload":333}]"#)
            for payload in ["\"three\"", "22", "333"] { try await client.expect("2/feed,[\"snapshot\",\(payload)]") }
            #expect(throws: PublishError.self) { try server.publishTo("/feed", "nobody", "snapshot", 1) }
            let published = try #require(server.pipelines["/feed"]).topic("snapshot").published
            #expect([published.messages.value, published.bytes.value] == [3, 7 + 2 + 3])
        }
    }
}
