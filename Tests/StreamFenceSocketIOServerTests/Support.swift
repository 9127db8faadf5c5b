import Logging
import NIOCore
import NIOPosix
import StreamFenceTestClient
import Synchronization
import Testing

@testable import StreamFenceSocketIO

/// Serves on a free port while `body` runs.
func serving(
    with configuration: SocketIOConfiguration = SocketIOConfiguration(),
    on group: any EventLoopGroup = loops,
    _ setUp: (SocketIOServer) -> Void,
    _ body: (SocketIOServer) async throws -> Void
) async throws {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let server = SocketIOServer(configuration: configuration, logger: logger, eventLoopGroup: group)
    setUp(server)
    try await server.start(host: "127.0.0.1", port: 0)
    do {
        try await body(server)
    } catch {
        try await server.shutDown()
        throw error
    }
    try await server.shutDown()
}

extension SocketIOServer {
    func client() async throws -> TestClient {
        try await TestClient.connect(to: port, on: loops)
    }

    /// A client that has joined a namespace.
    func client(in namespace: String) async throws -> TestClient {
        let client = try await client()
        try await client.join(namespace)
        return client
    }
}

extension TestClient {
    /// Passes when everything the server sent before has been seen: nothing else may come before the answer.
    func expectNothingBefore(_ marker: String, in namespace: String) async throws {
        send("2\(namespace),[\"echo\",\"\(marker)\"]")
        #expect(try await packet() == "2\(namespace),[\"echo\",\"\(marker)\"]")
    }
}

extension SocketIONamespace {
    /// Answers the event `echo` with itself, for `expectNothingBefore`.
    func echo() {
        on("echo") { socket, event in socket.emit("echo", event.payload) }
    }
}
