import NIOCore
import StreamFenceClient
import StreamFenceSocketIO
import Testing

@Suite("The end of a connection", .timeLimit(.minutes(5)))
struct CloseTests {
    @Test("a client that closes has left its namespace, after everything it sent")
    func closedByClient() async throws {
        try await withServer { server, port in
            let log = Happenings(of: String.self)
            let namespace = server.of("/feed")
            namespace.on("last") { _, _ in log.note("last") }
            namespace.onDisconnect { _, reason in log.note("\(reason)") }
            let client = try await SocketIOClient.connect(to: url(port, "/feed"))
            client.emit("last")
            await client.close()
            #expect(try await log.next() == "last")
            #expect(try await log.next() == "client namespace disconnect")
            #expect(await client.reasonOfEnd() == .closedByClient)
            // Twice is no mistake, and sending does nothing.
            await client.close()
            client.emit("last")
            #expect(client.closeReason == .closedByClient)
        }
    }

    @Test("a server that takes the client out of the namespace is named; what it sent before is received")
    func disconnectedByServer() async throws {
        try await withServer { server, port in
            server.of("/feed").onConnect { socket in
                for number in 0..<3 { socket.emit("number", .integer(number)) }
                socket.disconnect(closingConnection: true)
            }
            let client = try await SocketIOClient.connect(to: url(port, "/feed"))
            var numbers: [Int?] = []
            for await event in client.events { numbers.append(event.payload[0]?.int) }
            #expect(numbers == [0, 1, 2])
            #expect(client.closeReason == .disconnectedByServer)
        }
    }

    @Test("a server that stops says so with the code of its close frame")
    func serverStops() async throws {
        let client = try await withServer { server, port in
            _ = server.of("/feed")
            return try await SocketIOClient.connect(to: url(port, "/feed"))
        }
        #expect(await client.reasonOfEnd() == .closedByServer(code: 1001))
        #expect(client.closeReason?.description == "the server closed the connection: going away (1001)")
    }

    @Test("a client that sends too much is told by the close code")
    func tooLarge() async throws {
        var configuration = SocketIOConfiguration()
        configuration.engine.maxPayload = 1_000
        try await withServer(configuration) { server, port in
            _ = server.of("/feed")
            let client = try await SocketIOClient.connect(to: url(port, "/feed"))
            client.emit("large", SocketPayload(.string(String(repeating: "x", count: 2_000))))
            #expect(await client.reasonOfEnd() == .closedByServer(code: 1009))
        }
    }

    @Test("the client lives through many heartbeats")
    func heartbeats() async throws {
        var configuration = SocketIOConfiguration()
        configuration.engine.pingInterval = .milliseconds(10)
        configuration.engine.pingTimeout = .milliseconds(1_000)
        try await withOwnLoop { group in
            try await withServer(configuration, on: group) { server, port in
                server.of("/feed").onConnect { socket in
                    // More than the server waits for an answer: had the client not answered, it would be gone.
                    socket.eventLoop.scheduleTask(in: .milliseconds(1_200)) { socket.emit("late") }
                }
                let client = try await SocketIOClient.connect(to: url(port, "/feed"), eventLoopGroup: group)
                let event = try await client.nextEvent()
                #expect(event.name == "late")
                await client.close()
            }
        }
    }
}
