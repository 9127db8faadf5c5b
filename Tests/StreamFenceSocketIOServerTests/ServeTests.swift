import NIOCore
import NIOPosix
import StreamFenceSocketIO
import StreamFenceTestClient
import Testing

@Suite("Connections that the program has accepted itself", .timeLimit(.minutes(5)))
struct ServeTests {
    @Test("They are served like the port's own, and end with the server")
    func served() async throws {
        try await serving {
            $0.of("/chat").echo()
        } _: { server in
            let own = try await listen(for: server)
            let client = try await TestClient.connect(to: own.localAddress?.port, on: loops)
            try await client.join("/chat")
            try await client.expectNothingBefore("1", in: "/chat")
            #expect(server.clientCount == 1)
            try await server.shutDown()
            #expect(server.clientCount == 0)
            try await own.close()
        }
    }

    @Test("They count against the most connections there may be")
    func counted() async throws {
        var configuration = SocketIOConfiguration()
        configuration.maxConnections = 1
        try await serving(with: configuration) {
            $0.of("/chat").echo()
        } _: { server in
            let own = try await listen(for: server)
            let first = try await TestClient.connect(to: own.localAddress?.port, on: loops)
            try await first.join("/chat")
            for port in [own.localAddress?.port, server.port] {
                // Returns with the first frame, or the end that comes instead.
                _ = try await TestClient.connect(to: port, on: loops)
            }
            #expect(server.refusals.connections == 2)
            #expect(server.clientCount == 1)
            try await first.expectNothingBefore("1", in: "/chat")
            try await own.close()
        }
    }

    /// A port that is not the server's.
    private func listen(for server: SocketIOServer) async throws -> any Channel {
        try await ServerBootstrap(group: loops)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try server.serve(channel) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }
}
