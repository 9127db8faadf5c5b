import NIOCore
import StreamFenceClient
import StreamFenceSocketIO
import Testing

@Suite("A slow program is a slow client", .timeLimit(.minutes(5)))
struct BackPressureTests {
    private static let payload = SocketPayload(.string(String(repeating: "x", count: 100_000)))
    /// Far beyond the client's buffer and the kernel's together.
    private static let emittedEvents = 300
    /// How many of them make the 256 KiB after which the client reads no more.
    private static let heldEvents = 3

    /// Keeps for a client whatever it does not take.
    private static var patient: SocketIOConfiguration {
        var configuration = SocketIOConfiguration()
        configuration.engine.maxBufferedBytes = 100 << 20
        return configuration
    }

    @Test("what is not taken is not read, so that no heartbeat is answered, and the server ends it")
    func slow() async throws {
        var configuration = Self.patient
        configuration.engine.pingInterval = .milliseconds(50)
        configuration.engine.pingTimeout = .milliseconds(1_000)
        try await withOwnLoop { group in
            try await withServer(configuration, on: group) { server, port in
                let ended = Happenings(of: DisconnectReason.self)
                let namespace = server.of("/feed")
                namespace.onConnect { socket in
                    for _ in 0..<Self.emittedEvents { socket.emit("load", Self.payload) }
                }
                namespace.onDisconnect { _, reason in ended.note(reason) }
                let client = try await SocketIOClient.connect(to: url(port, "/feed"), eventLoopGroup: group)
                let reason = try await ended.next()
                #expect(reason == .connection(.pingTimeout))
                // What comes from now on is not taken in any more: this counts what was held.
                await client.close()
                var held = 0
                for await _ in client.events { held += 1 }
                #expect(held == Self.heldEvents)
            }
        }
    }

    @Test("once the program takes its events, everything arrives, in order")
    func catchesUp() async throws {
        try await withServer(Self.patient) { server, port in
            let emitted = Happenings(of: Void.self)
            server.of("/feed").onConnect { socket in
                for number in 0..<Self.emittedEvents {
                    socket.emit("load", .integer(number), .json(Self.payload.arguments[0]))
                }
                emitted.note(())
            }
            let client = try await SocketIOClient.connect(to: url(port, "/feed"))
            try await emitted.next()
            var numbers: [Int] = []
            for await event in client.events {
                numbers.append(try #require(event.payload[0]?.int))
                if numbers.count == Self.emittedEvents { break }
            }
            #expect(numbers == Array(0..<Self.emittedEvents))
            await client.close()
        }
    }

    @Test("a client that is closed while its events wait gives out those it had, and no more")
    func closedWhileFull() async throws {
        try await withServer(Self.patient) { server, port in
            server.of("/feed").onConnect { socket in
                for _ in 0..<Self.emittedEvents { socket.emit("load", Self.payload) }
            }
            let client = try await SocketIOClient.connect(to: url(port, "/feed"))
            _ = try await client.nextEvent()
            await client.close()
            var left = 0
            for await _ in client.events { left += 1 }
            #expect(left <= Self.heldEvents)
            #expect(client.closeReason == .closedByClient)
        }
    }
}
