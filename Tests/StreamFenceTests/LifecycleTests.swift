import NIOCore
import ServiceLifecycle
import StreamFence
import StreamFenceSocketIO
import StreamFenceTestClient
import Testing

@Suite("Starting and stopping", .timeLimit(.minutes(2)))
struct LifecycleTests {
    @Test("A server starts once and stops once, and says which port it got")
    func states() async throws {
        let server = try server(feed())
        #expect(server.port == nil)
        await #expect(throws: ServerStateError.self) { try await server.stop() }
        try await server.start()
        #expect(try #require(server.port) > 0)
        await #expect {
            try await server.start()
        } throws: { error in
            (error as? ServerStateError)?.description == "expected a server that is new, found one that is running"
        }
        try await server.stop()
        #expect(server.port == nil)
        await #expect(throws: ServerStateError.self) { try await server.stop() }
        await #expect(throws: ServerStateError.self) { try await server.start() }
    }

    @Test("A port that is taken fails the start, which may be tried again")
    func portTaken() async throws {
        let first = try server(feed())
        try await first.start()
        let port = try #require(first.port)
        let second = try server(feed()) { $0.port = port }
        let error = await #expect(throws: ServerBindError.self) { try await second.start() }
        #expect(error?.description == "can't listen on 127.0.0.1:\(port): Address already in use")
        #expect(second.port == nil)
        try await first.stop()
        try await second.start()
        try await second.stop()
    }

    @Test("A stopping server says so, delivers what is queued, and then closes")
    func drains() async throws {
        let namespace = feed {
            $0.maxQueuedMessagesPerClient = 1000
            $0.maxQueuedBytesPerClient = 1 << 30
        }
        let server = try server(namespace) { $0.shutdownDrain = .seconds(60) }
        try await server.start()
        let client = try await server.subscriber(to: "snapshot")
        try await client.setReading(false)
        let filler = String(repeating: "x", count: 65_536)
        for _ in 0..<300 { try server.publish("/feed", "snapshot", filler) }
        try await turnAll()
        #expect(try server.deliveryCounts("/feed", "snapshot").delivered < 300)
        let witness = try await server.client()
        async let stopped: Void = server.stop()
        try await witness.expect(#"2/feed,["server_draining",{"inMs":60000}]"#)
        try await client.setReading(true)
        var messages = 0
        var notices: [String] = []
        while true {
            let frame = try await client.next()
            guard case .packet(let packet) = frame else {
                #expect(frame == .closed(1001))
                break
            }
            if packet.hasPrefix("2/feed,[\"snapshot\"") { messages += 1 } else { notices.append(packet) }
        }
        #expect(messages == 300)
        #expect(notices == [#"2/feed,["server_draining",{"inMs":60000}]"#])
        try await stopped
    }

    @Test("A client that never reads holds a stop up for no longer than shutdownDrain")
    func drainEnds() async throws {
        let server = try server(feed()) { $0.shutdownDrain = .milliseconds(50) }
        try await server.start()
        let client = try await server.subscriber(to: "snapshot")
        try await client.setReading(false)
        let filler = String(repeating: "x", count: 65_536)
        for _ in 0..<300 { try server.publish("/feed", "snapshot", filler) }
        try await server.stop()
        let counts = try server.deliveryCounts("/feed", "snapshot")
        #expect(counts.discarded > 0)
        #expect(counts.offered == counts.delivered + counts.rejected + counts.discarded)
        #expect(server.clientCount == 0)
        await client.drop()
    }

    @Test("A stop right after a publish delivers it")
    func publishAndStop() async throws {
        let server = try server(feed())
        try await server.start()
        let clients = [try await server.subscriber(to: "snapshot"), try await server.subscriber(to: "snapshot")]
        try server.publish("/feed", "snapshot", "last")
        try await server.stop()
        for client in clients {
            try await client.expect(#"2/feed,["snapshot","last"]"#)
            try await client.expect(#"2/feed,["server_draining",{"inMs":5000}]"#)
            try await client.expect(.closed(1001))
        }
        #expect(try server.publish("/feed", "snapshot", "nobody").recipients == 0)
    }

    @Test("A service group runs the server and stops it", arguments: [true, false])
    func service(gracefully: Bool) async throws {
        let server = try server(feed())
        let group = ServiceGroup(services: [server], logger: quiet)
        let running = Task { try await group.run() }
        try await eventually { server.port != nil }
        let client = try await server.subscriber(to: "snapshot")
        if gracefully { await group.triggerGracefulShutdown() } else { running.cancel() }
        try await client.expect(#"2/feed,["server_draining",{"inMs":5000}]"#)
        try await client.expect(.closed(1001))
        try? await running.value
        #expect(server.port == nil)
        await #expect(throws: ServerStateError.self) { try await server.stop() }
    }
}
