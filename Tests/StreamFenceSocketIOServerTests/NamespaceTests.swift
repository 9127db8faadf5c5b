import NIOCore
import StreamFenceSocketIO
import StreamFenceTestClient
import Testing

@Suite("Namespaces", .timeLimit(.minutes(5)))
struct NamespaceTests {
    @Test("A client joins the namespaces that exist, and is refused by others without losing its connection")
    func joins() async throws {
        try await serving { server in
            server.of("/chat").echo()
            server.of("/").echo()
        } _: { server in
            let client = try await server.client()
            client.send("0/nowhere,")
            try await client.expect(#"4/nowhere,{"message":"Invalid namespace"}"#)
            let first = try await client.join("/chat")
            client.send("0")
            let second = try await client.packet()
            #expect(second.hasPrefix(#"0{"sid":""#))
            #expect(!second.contains(first))
            try await client.expectNothingBefore("1", in: "/chat")
            #expect(server.clientCount == 1)
        }
    }

    @Test("A namespace matched by a closure is made once for each path")
    func matched() async throws {
        let journal = Journal()
        try await serving { server in
            server.of(matching: { $0.hasPrefix("/room-") }) { namespace in
                journal.note("made \(namespace.path)")
                namespace.onConnect { _ in journal.note("joined \(namespace.path)") }
            }
        } _: { server in
            _ = try await server.client(in: "/room-1")
            let client = try await server.client(in: "/room-1")
            try await client.join("/room-2")
            client.send("0/other,")
            try await client.expect(#"4/other,{"message":"Invalid namespace"}"#)
            for expected in ["made /room-1", "joined /room-1", "joined /room-1", "made /room-2", "joined /room-2"] {
                #expect(await journal.next() == expected)
            }
            #expect(server.of("/room-1").sockets.count == 2)
        }
    }

    @Test("A matched namespace is forgotten with its last client, and made anew for the next")
    func forgotten() async throws {
        let journal = Journal()
        try await serving { server in
            server.of(matching: { $0.hasPrefix("/room-") }) { namespace in
                journal.note("made")
                namespace.use { request in
                    if request.auth?["name"]?.string == "mallory" { throw ConnectRefusal("not you") }
                }
                namespace.onDisconnect { _, _ in journal.note("left") }
            }
        } _: { server in
            let client = try await server.client(in: "/room-1")
            client.send("1/room-1,")
            client.send(#"0/room-1,{"name":"mallory"}"#)
            try await client.expect(#"4/room-1,{"message":"not you"}"#)
            try await client.join("/room-1")
            for expected in ["made", "left", "made", "made"] { #expect(await journal.next() == expected) }
        }
    }

    @Test("A client may send so much when it joins, and no more")
    func largeAuth() async throws {
        try await serving { server in
            server.of("/chat").echo()
        } _: { server in
            let client = try await server.client()
            client.send("0/chat,{\"token\":\"\(String(repeating: "x", count: 16_384))\"}")
            try await client.expect(#"4/chat,{"message":"expected at most 16384 bytes of auth"}"#)
            try await client.join("/chat")
        }
    }

    @Test("A path without its slash is the same namespace")
    func slash() async throws {
        try await serving { server in
            server.of("chat").echo()
        } _: { server in
            #expect(server.of("/chat") === server.of("chat"))
            _ = try await server.client(in: "/chat")
        }
    }

    @Test("A server that listens can't be started again")
    func startedTwice() async throws {
        try await serving { _ in
        } _: { server in
            let port = server.port
            await #expect(throws: SocketIOServer.AlreadyStarted.self) {
                try await server.start(host: "127.0.0.1", port: 0)
            }
            #expect(server.port == port)
            try await server.shutDown()
            await #expect(throws: SocketIOServer.AlreadyStarted.self) {
                try await server.start(host: "127.0.0.1", port: 0)
            }
        }
    }

    @Test("What a client sends along reaches the middleware and its socket")
    func auth() async throws {
        let journal = Journal()
        try await serving { server in
            let chat = server.of("/chat")
            chat.use { request in journal.note("\(request.namespace) \(request.auth?.json ?? "-") \(request.transport)")
            }
            chat.onConnect { socket in
                journal.note("\(socket.auth?.json ?? "-") \(socket.handshake.remoteAddress)")
            }
        } _: { server in
            try await server.client().join("/chat", auth: #"{"token": "t"}"#)
            #expect(await journal.next() == #"/chat {"token": "t"} webSocket"#)
            #expect(await journal.next() == #"{"token": "t"} 127.0.0.1"#)
        }
    }

    private struct Secret: Error {}

    @Test("A middleware refuses with its words, or without details; those after it are not asked")
    func refusals() async throws {
        try await serving { server in
            let chat = server.of("/chat")
            chat.use { request in
                switch request.auth?["as"]?.string {
                case "guest": throw ConnectRefusal("members only", data: ["code": 7])
                case "nobody": throw ConnectRefusal("no")
                case "broken": throw Secret()
                default: break
                }
            }
            chat.use { request in
                if request.auth?["as"]?.string == "second" { throw ConnectRefusal("second") }
            }
            chat.onConnect { $0.emit("welcome") }
        } _: { server in
            let client = try await server.client()
            for (name, answer) in [
                ("guest", #"{"message":"members only","data":{"code":7}}"#), ("nobody", #"{"message":"no"}"#),
                ("broken", #"{"message":"Connection refused"}"#), ("second", #"{"message":"second"}"#),
            ] {
                client.send(#"0/chat,{"as":"\#(name)"}"#)
                try await client.expect("4/chat,\(answer)")
            }
            #expect(server.of("/chat").sockets.isEmpty)
            try await client.join("/chat")
            try await client.expect(#"2/chat,["welcome"]"#)
        }
    }

    @Test("A client that leaves while its middleware decides has not joined, and may try again")
    func leavesWhileDeciding() async throws {
        let gate = Gate()
        let journal = Journal()
        try await serving { server in
            let chat = server.of("/chat")
            chat.echo()
            chat.use { request in
                guard request.auth != nil else { return }
                journal.note("asked")
                try await gate.passed()
                journal.note("decided")
            }
            chat.onConnect { journal.note("joined \($0.auth?.json ?? "-")") }
            server.of("/lobby").echo()
        } _: { server in
            let client = try await server.client(in: "/lobby")
            client.send(#"0/chat,{"slow":true}"#)
            #expect(await journal.next() == "asked")
            client.send("1/chat,")
            try await client.expectNothingBefore("left", in: "/lobby")
            gate.open()
            #expect(await journal.next() == "decided")
            try await turnAll()
            try await client.expectNothingBefore("decided", in: "/lobby")
            try await client.join("/chat")
            #expect(await journal.next() == "joined -")
        }
    }

    @Test("A middleware is told to stop when its client leaves the namespace or the server", arguments: [true, false])
    func stopsDeciding(leavesTheNamespace: Bool) async throws {
        let journal = Journal()
        try await serving { server in
            server.of("/chat").use { _ in
                journal.note("asked")
                // Ends when it is cancelled.
                for await _ in AsyncStream<Never>.makeStream().stream {}
                journal.note("stopped")
            }
        } _: { server in
            let client = try await server.client()
            client.send("0/chat,")
            #expect(await journal.next() == "asked")
            if leavesTheNamespace { client.send("1/chat,") } else { await client.drop() }
            #expect(await journal.next() == "stopped")
        }
    }

    @Test("A client that is gone when its middleware has decided joins nothing")
    func goneWhileDeciding() async throws {
        let gate = Gate()
        let journal = Journal()
        try await serving { server in
            let chat = server.of("/chat")
            chat.use { _ in
                journal.note("asked")
                try await gate.passed()
                journal.note("decided")
            }
            chat.onConnect { _ in journal.note("joined") }
            chat.onDisconnect { _, _ in journal.note("left") }
        } _: { server in
            let client = try await server.client()
            client.send("0/chat,")
            #expect(await journal.next() == "asked")
            await client.drop()
            try await eventually { server.clientCount == 0 }
            gate.open()
            #expect(await journal.next() == "decided")
            try await turnAll()
            #expect(server.of("/chat").sockets.isEmpty)
            journal.note("end")
            #expect(await journal.next() == "end")
        }
    }

    @Test(
        "A client can't have a second request decided before the first",
        arguments: [
            ["0/chat,", "0/chat,"], ["0/chat,", "1/chat,", "0/chat,"],
        ]
    )
    func oneDecisionAtATime(packets: [String]) async throws {
        let gate = Gate()
        try await serving { server in
            server.of("/chat").use { _ in try await gate.passed() }
        } _: { server in
            let client = try await server.client()
            client.sendTogether(packets)
            try await client.expect(.closed(1002))
            gate.open()
        }
    }

    @Test(
        "Packets that don't fit end the connection",
        arguments: [
            "0/chat,", #"2/other,["hello"]"#, "3/other,1[]", #"4/chat,{"message":"no"}"#, "9", "2/chat,{}", "5",
            #"2/chat,["disconnect"]"#,
        ]
    )
    func misfits(packet: String) async throws {
        let journal = Journal()
        try await serving { server in
            server.of("/chat").onDisconnect { journal.note("\($1)") }
        } _: { server in
            let client = try await server.client(in: "/chat")
            client.send(packet)
            try await client.expect(.closed(1002))
            #expect(await journal.next() == "parse error")
            #expect(server.of("/chat").sockets.isEmpty)
        }
    }

    @Test("A client that joins no namespace in time is disconnected")
    func connectTimeout() async throws {
        var configuration = SocketIOConfiguration()
        configuration.connectTimeout = .milliseconds(1)
        try await serving(with: configuration) { _ in
        } _: { server in
            let client = try await server.client()
            try await client.expect(.closed(1000))
        }
    }

    @Test("A client that asks for more than it reads leaves nothing behind")
    func readsNothing() async throws {
        let journal = Journal()
        var configuration = SocketIOConfiguration()
        configuration.engine.maxBufferedBytes = 200
        try await serving(with: configuration) { server in
            server.of(matching: { _ in true }) { namespace in
                namespace.onConnect { _ in journal.note("joined \(namespace.path)") }
                namespace.onDisconnect { journal.note("left \(namespace.path): \($1)") }
            }
        } _: { server in
            let client = try await server.client()
            // The answers of one tick are more than may wait.
            client.sendTogether((0..<20).map { "0/\($0)," })
            try await eventually { server.clientCount == 0 }
            try await turnAll()
            journal.note("end")
            var present: Set<String> = []
            while let line = await journal.next(), line != "end" {
                let words = line.split(separator: " ")
                let path = String(words[1].prefix { $0 != ":" })
                if words[0] == "joined" {
                    present.insert(path)
                } else {
                    #expect(line.hasSuffix("slow consumer"))
                    #expect(present.remove(path) != nil, "left \(path) without having joined")
                }
            }
            #expect(present.isEmpty)
            for number in 0..<20 { #expect(server.of("/\(number)").sockets.isEmpty) }
        }
    }
}
