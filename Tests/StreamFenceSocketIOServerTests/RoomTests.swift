import Dispatch
import NIOCore
import NIOPosix
import StreamFenceTestClient
import Testing

@testable import StreamFenceSocketIO

@Suite("Rooms and broadcasts", .timeLimit(.minutes(5)))
struct RoomTests {
    /// Three clients on two loops: `a` in red, `b` in red and blue, `c` in none.
    private func withClients(
        _ body: (_ chat: SocketIONamespace, _ clients: [TestClient], _ sockets: [Socket]) async throws -> Void
    ) async throws {
        // Not shared with other tests, so that consecutive connections live on different loops.
        let ownLoops = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        try await serving(on: ownLoops) { server in
            server.of("/chat").echo()
        } _: { server in
            let chat = server.of("/chat")
            var clients: [TestClient] = []
            var sockets: [Socket] = []
            for _ in 0..<3 {
                let client = try await server.client()
                let id = try await client.join("/chat")
                clients.append(client)
                sockets.append(try #require(chat.sockets.first { $0.id == id }))
            }
            #expect(Set(sockets.map { ObjectIdentifier($0.eventLoop) }).count == 2)
            chat.join("red", sockets[0])
            chat.join("red", sockets[1])
            chat.join("blue", sockets[1])
            try await body(chat, clients, sockets)
        }
        try await ownLoops.shutdownGracefully()
    }

    /// Checks that exactly these clients get the event, once.
    private func expect(_ event: String, _ clients: [TestClient], reaches expected: [Int]) async throws {
        for (index, client) in clients.enumerated() {
            if expected.contains(index) { try await client.expect("2/chat,[\"\(event)\"]") }
            try await client.expectNothingBefore("after \(event)", in: "/chat")
        }
    }

    @Test("A broadcast reaches whom it names, each once")
    func broadcasts() async throws {
        try await withClients { chat, clients, sockets in
            chat.emit("all")
            try await expect("all", clients, reaches: [0, 1, 2])
            chat.except(sockets[0]).emit("others")
            try await expect("others", clients, reaches: [1, 2])
            chat.to("red").emit("red")
            try await expect("red", clients, reaches: [0, 1])
            chat.to("red").to("blue").to("red").emit("both")
            try await expect("both", clients, reaches: [0, 1])
            chat.to("red").except(sockets[1]).emit("some")
            try await expect("some", clients, reaches: [0])
            chat.to("red").except(sockets[0]).except(sockets[1]).emit("nobody")
            chat.to("empty").emit("nobody")
            try await expect("nobody", clients, reaches: [])
        }
    }

    @Test("A client that leaves a room, or the namespace, gets nothing more from it")
    func leaving() async throws {
        try await withClients { chat, clients, sockets in
            chat.leave("red", sockets[0])
            chat.leave("never joined", sockets[0])
            chat.to("red").emit("1")
            try await expect("1", clients, reaches: [1])
            await clients[1].drop()
            try await eventually { chat.sockets.count == 2 }
            #expect(chat.sockets(in: "red").isEmpty)
            #expect(chat.sockets(in: "blue").isEmpty)
            chat.join("red", sockets[1])
            #expect(chat.sockets(in: "red").isEmpty)
            #expect(chat.members.withLock { $0.rooms.isEmpty })
        }
    }
}

@Suite("Disconnecting", .timeLimit(.minutes(5)))
struct DisconnectTests {
    /// Notes why clients leave `/chat`, and watches what they leave behind.
    private func withClient(
        on group: any EventLoopGroup = loops,
        _ body: (SocketIOServer, TestClient, Socket, Journal) async throws -> Void
    ) async throws {
        let journal = Journal()
        let remains = Remains()
        try await serving(on: group) { server in
            let chat = server.of("/chat")
            chat.onConnect { socket in
                chat.join("room", socket)
                remains.watch(socket, "socket")
                remains.watch(socket.session, "session")
                remains.watch(socket.session?.delegate, "connection")
            }
            chat.onDisconnect { socket, reason in
                journal.note("\(reason)")
                // Nobody is there to hear or to leave again.
                socket.emit("too late")
                socket.disconnect(closingConnection: true)
            }
            server.of("/lobby").echo()
        } _: { server in
            try await watched(server, journal, body)
            #expect(remains.count == 3)
            let found = try await remains.found()
            #expect(found == [])
        }
    }

    private func watched(
        _ server: SocketIOServer,
        _ journal: Journal,
        _ body: (SocketIOServer, TestClient, Socket, Journal) async throws -> Void
    ) async throws {
        let client = try await server.client(in: "/chat")
        try await client.join("/lobby")
        let socket = try #require(server.of("/chat").sockets.first)
        try await body(server, client, socket, journal)
        #expect(server.of("/chat").sockets.isEmpty)
        await client.drop()
        try await eventually { server.clientCount == 0 }
    }

    @Test("A client that leaves a namespace stays in its others")
    func clientLeaves() async throws {
        try await withClient { _, client, _, journal in
            client.send("1/chat,")
            #expect(await journal.next() == "client namespace disconnect")
            client.send("1/chat,")
            client.send("2/lobby,[\"echo\"]")
            try await client.expect("2/chat,[\"too late\"]")
            try await client.expect("2/lobby,[\"echo\"]")
        }
    }

    @Test("A client that the server takes out of a namespace stays in its others")
    func serverDisconnects() async throws {
        try await withClient { _, client, socket, journal in
            socket.disconnect()
            socket.disconnect()
            #expect(await journal.next() == "server namespace disconnect")
            try await client.expect("1/chat,")
            try await client.expect("2/chat,[\"too late\"]")
            try await client.expectNothingBefore("still here", in: "/lobby")
            socket.emit("nobody hears")
            try await client.expectNothingBefore("still here", in: "/lobby")
        }
    }

    @Test("A client whose connection the server closes is told before")
    func serverCloses() async throws {
        try await withClient { _, client, socket, journal in
            socket.disconnect(closingConnection: true)
            #expect(await journal.next() == "server namespace disconnect")
            try await client.expect("1/chat,")
            try await client.expect("2/chat,[\"too late\"]")
            try await client.expect(.closed(1000))
        }
    }

    @Test("A connection that ends takes its client out of every namespace")
    func connectionEnds() async throws {
        try await withClient { _, client, _, journal in
            await client.drop()
            #expect(await journal.next() == "transport close")
        }
    }

    @Test("A connection that is found to have failed while it is written to ends like any other")
    func writeFails() async throws {
        let ownLoop = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        try await withClient(on: ownLoop) { server, client, socket, journal in
            let arrived = Gate()
            let isReset = DispatchSemaphore(value: 0)
            // Holds the server's loop, so that it learns of the reset from its own write.
            server.of("/chat").on("wait") { socket, _ in
                arrived.open()
                isReset.wait()
                socket.emit("too late")
            }
            client.send(#"2/chat,["wait"]"#)
            try await arrived.passed()
            try await client.reset()
            isReset.signal()
            #expect(await journal.next() == "transport close")
            try await eventually { server.of("/chat").sockets.isEmpty }
        }
        try await ownLoop.shutdownGracefully()
    }

    @Test("A server that shuts down says so")
    func shutDown() async throws {
        try await withClient { server, client, _, journal in
            try await server.shutDown()
            #expect(await journal.next() == "server shutting down")
            try await client.expect(.closed(1001))
            #expect(server.port == nil)
        }
    }
}
