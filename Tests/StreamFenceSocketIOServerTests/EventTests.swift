import NIOCore
import StreamFenceTestClient
import Testing

@testable import StreamFenceSocketIO

@Suite("Events", .timeLimit(.minutes(5)))
struct EventTests {
    @Test("An event reaches its handler, any other event the one for the rest")
    func handlers() async throws {
        try await serving { server in
            let chat = server.of("/chat")
            chat.on("add") { socket, event in
                socket.emit("sum", .integer((event.payload[0]?.int ?? 0) + (event.payload[1]?.int ?? 0)))
            }
            chat.onAnyOther { socket, event in socket.emit("unknown", .string(event.name)) }
        } _: { server in
            let client = try await server.client(in: "/chat")
            client.send(#"2/chat,["add",1,2]"#)
            try await client.expect(#"2/chat,["sum",3]"#)
            client.send(#"2/chat,["nonsense"]"#)
            try await client.expect(#"2/chat,["unknown","nonsense"]"#)
        }
    }

    @Test("Values of every kind are sent as JSON")
    func values() async throws {
        try await serving { server in
            server.of("/chat").onConnect { socket in
                socket.emit("all", nil, true, 1, 1.5, .number(.nan), "ü\"\n", [1, [2]], ["a": ["b": .integer(.min)]])
            }
        } _: { server in
            let client = try await server.client(in: "/chat")
            try await client.expect(
                #"2/chat,["all",null,true,1,1.5,null,"ü\"\n",[1,[2]],{"a":{"b":-9223372036854775808}}]"#
            )
        }
    }

    @Test("Binary arguments travel as attachments, both ways and byte for byte")
    func binary() async throws {
        let bytes = ByteBuffer(bytes: [0, 1, 0xFF])
        try await serving { server in
            let chat = server.of("/chat")
            chat.on("echo") { socket, event in
                #expect(event.payload.binary(at: 1) == bytes)
                #expect(event.payload.binary(at: 0) == nil)
                #expect(event.payload.binary(at: 2) == nil)
                socket.emit("echo", event.payload)
            }
            chat.onConnect { $0.emit("photo", ["of": .binary(bytes)], .binary(ByteBuffer())) }
        } _: { server in
            let client = try await server.client(in: "/chat")
            try await client.expect(
                #"52-/chat,["photo",{"of":{"_placeholder":true,"num":0}},{"_placeholder":true,"num":1}]"#
            )
            try await client.expect(.attachment(bytes))
            try await client.expect(.attachment(ByteBuffer()))
            let packet = #"51-/chat,["echo",{"a" : 1},{ "num":0, "_placeholder":true }]"#
            client.send(packet, attachments: bytes)
            try await client.expect(packet)
            try await client.expect(.attachment(bytes))
        }
    }

    @Test("What a handler sends to one client and to all arrives in that order")
    func order() async throws {
        try await serving { server in
            let chat = server.of("/chat")
            chat.on("go") { socket, _ in
                socket.emit("1")
                chat.emit("2")
                socket.emit("3")
                chat.to("room").emit("not here")
                chat.emit("4")
            }
        } _: { server in
            let client = try await server.client(in: "/chat")
            client.send(#"2/chat,["go"]"#)
            for number in 1...4 { try await client.expect("2/chat,[\"\(number)\"]") }
        }
    }
}

@Suite("Acknowledgements", .timeLimit(.minutes(5)))
struct AcknowledgementTests {
    @Test("A client that asks for an answer gets it with its own id")
    func answersClient() async throws {
        try await serving { server in
            server.of("/chat").on("ask") { _, event in
                event.acknowledge(.bool(event.wantsAcknowledgement), "yes")
            }
            server.of("/chat").echo()
        } _: { server in
            let client = try await server.client(in: "/chat")
            client.send(#"2/chat,18446744073709551615["ask"]"#)
            try await client.expect(#"3/chat,18446744073709551615[true,"yes"]"#)
            client.send(#"2/chat,["ask"]"#)
            try await client.expectNothingBefore("unasked", in: "/chat")
        }
    }

    @Test("A client's answer reaches the server, with its attachments; foreign and second answers are nobody's")
    func clientAnswers() async throws {
        try await serving { server in
            server.of("/chat").echo()
        } _: { server in
            let client = try await server.client(in: "/chat")
            let socket = try #require(server.of("/chat").sockets.first)
            async let first = socket.emitWithAck("ask", SocketPayload("a"))
            try await client.expect(#"2/chat,0["ask","a"]"#)
            client.send("3/chat,99[1]")
            client.send(#"61-/chat,0["b",{"_placeholder":true,"num":0}]"#, attachments: ByteBuffer(bytes: [7]))
            let answer = try await first
            #expect(answer[0]?.string == "b")
            #expect(answer.binary(at: 1) == ByteBuffer(bytes: [7]))
            client.send("3/chat,0[2]")
            async let second = socket.emitWithAck("ask")
            try await client.expect(#"2/chat,1["ask"]"#)
            client.send("3/chat,1[]")
            let count = try await second.count
            #expect(count == 0)
        }
    }

    @Test("A wait for an answer ends in time, and the late answer is nobody's")
    func timeOut() async throws {
        try await serving { server in
            server.of("/chat").echo()
        } _: { server in
            let client = try await server.client(in: "/chat")
            let socket = try #require(server.of("/chat").sockets.first)
            await #expect(throws: AcknowledgementError.timedOut) {
                try await socket.emitWithAck("ask", timeout: .nanoseconds(1))
            }
            try await client.expect(#"2/chat,0["ask"]"#)
            client.send("3/chat,0[1]")
            try await client.expectNothingBefore("late", in: "/chat")
        }
    }

    @Test("A wait for an answer ends with the client, and does not begin without one")
    func gone() async throws {
        try await serving { server in
            server.of("/chat").echo()
        } _: { server in
            let client = try await server.client(in: "/chat")
            let socket = try #require(server.of("/chat").sockets.first)
            let answer = Task { try await socket.emitWithAck("ask") }
            try await client.expect(#"2/chat,0["ask"]"#)
            client.send("1/chat,")
            await #expect(throws: AcknowledgementError.disconnected) { try await answer.value }
            await #expect(throws: AcknowledgementError.disconnected) { try await socket.emitWithAck("ask") }
        }
    }
}
