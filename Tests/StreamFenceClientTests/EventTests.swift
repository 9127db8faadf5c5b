import NIOCore
import StreamFenceClient
import StreamFenceSocketIO
import Testing

@Suite("Events and acknowledgements", .timeLimit(.minutes(5)))
struct EventTests {
    /// A server that answers `echo` with its own arguments, and a client of it.
    private func withEcho(_ body: (SocketIONamespace, SocketIOClient) async throws -> Void) async throws {
        try await withServer { server, port in
            let namespace = server.of("/feed")
            namespace.on("echo") { socket, event in
                socket.emit("echoed", event.payload)
                event.acknowledge(event.payload)
            }
            let client = try await SocketIOClient.connect(to: url(port, "/feed"))
            try await body(namespace, client)
            await client.close()
        }
    }

    @Test("an event arrives at the server byte for byte, and its answer at the client")
    func emit() async throws {
        try await withEcho { _, client in
            let json = try JSONFragment(validating: #"{"b": 1.50,  "a":"\u0041"}"#)
            client.emit("echo", SocketPayload(.json(json), "two"))
            let event = try await client.nextEvent()
            #expect(event.name == "echoed")
            #expect(event.payload.arguments.map(\.json) == [json.json, #""two""#])
            #expect(!event.wantsAcknowledgement)
        }
    }

    @Test("the server's acknowledgement is waited for")
    func emitWithAck() async throws {
        try await withEcho { _, client in
            let answer = try await client.emitWithAck("echo", SocketPayload(1, "x"))
            #expect(answer.arguments.map(\.json) == ["1", #""x""#])
        }
    }

    @Test("many acknowledgements at once find those who wait for them")
    func manyAcknowledgements() async throws {
        try await withEcho { _, client in
            let reader = Task { for await _ in client.events {} }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        let answer = try await client.emitWithAck("echo", SocketPayload(.integer(number)))
                        #expect(answer[0]?.int == number)
                    }
                }
                try await group.waitForAll()
            }
            reader.cancel()
        }
    }

    @Test("the client answers an event whose sender asked for it")
    func acknowledgesServer() async throws {
        try await withServer { server, port in
            let answers = Happenings(of: SocketPayload.self)
            server.of("/feed").onConnect { socket in
                Task { answers.note(try await socket.emitWithAck("question", SocketPayload("how many?"))) }
            }
            let client = try await SocketIOClient.connect(to: url(port, "/feed"))
            let event = try await client.nextEvent()
            #expect(event.wantsAcknowledgement)
            #expect(event.payload[0]?.string == "how many?")
            event.acknowledge(SocketPayload(42, .binary(ByteBuffer(bytes: [7]))))
            let answer = try await answers.next()
            #expect(answer[0]?.int == 42)
            #expect(answer.binary(at: 1) == ByteBuffer(bytes: [7]))
            await client.close()
        }
    }

    @Test("binary arguments travel both ways", arguments: [0, 1, 125, 126, 70_000])
    func binary(size: Int) async throws {
        try await withEcho { _, client in
            let bytes = ByteBuffer(bytes: (0..<size).map { UInt8(truncatingIfNeeded: $0) })
            let answer = try await client.emitWithAck("echo", SocketPayload(["photo": .binary(bytes)], .binary(bytes)))
            #expect(answer.attachments == [bytes, bytes])
            #expect(answer.binary(at: 1) == bytes)
            #expect(try await client.nextEvent().payload.binary(at: 1) == bytes)
        }
    }

    @Test("an acknowledgement that does not come is given up on in time")
    func timeout() async throws {
        try await withEcho { _, client in
            await #expect(throws: AcknowledgementError.timedOut) {
                try await client.emitWithAck("unheard", timeout: .milliseconds(20))
            }
            // The connection is as good as before.
            let answer = try await client.emitWithAck("echo", SocketPayload(1))
            #expect(answer[0]?.int == 1)
        }
    }

    @Test("waiting for an acknowledgement can be cancelled")
    func cancellation() async throws {
        try await withEcho { namespace, client in
            let heard = Happenings(of: Void.self)
            namespace.on("heard") { _, _ in heard.note(()) }
            let task = Task { try await client.emitWithAck("heard", timeout: .minutes(10)) }
            try await heard.next()
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }

    @Test("an acknowledgement that can no longer come fails at once, and the reason is known")
    func disconnected() async throws {
        try await withEcho { namespace, client in
            namespace.on("leave") { socket, _ in socket.disconnect() }
            await #expect(throws: AcknowledgementError.disconnected) {
                try await client.emitWithAck("leave", timeout: .minutes(10))
            }
            #expect(client.closeReason == .disconnectedByServer)
            await #expect(throws: AcknowledgementError.disconnected) {
                try await client.emitWithAck("echo", timeout: .minutes(10))
            }
        }
    }

    @Test("a cancelled loop over the events ends, and another one goes on")
    func cancelledLoop() async throws {
        try await withEcho { _, client in
            let loop = Task {
                var count = 0
                for await _ in client.events { count += 1 }
                return count
            }
            loop.cancel()
            #expect(await loop.value == 0)
            client.emit("echo", SocketPayload("still there"))
            let event = try await client.nextEvent()
            #expect(event.payload[0]?.string == "still there")
        }
    }
}
