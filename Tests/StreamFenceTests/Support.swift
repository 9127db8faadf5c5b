import Logging
import NIOCore
import NIOPosix
import StreamFence
import StreamFenceTestClient
import Synchronization
import Testing

/// A namespace `/feed` with the topics `snapshot` and `trades`.
func feed(_ change: (inout NamespaceConfiguration) -> Void = { _ in }) -> NamespaceConfiguration {
    var namespace = NamespaceConfiguration(path: "/feed", topics: ["snapshot", "trades"])
    change(&namespace)
    return namespace
}

/// A server of these namespaces on a free port of this machine.
func server(
    _ namespaces: NamespaceConfiguration...,
    on group: any EventLoopGroup = loops,
    change: (inout ServerConfiguration) -> Void = { _ in }
) throws -> StreamFenceServer {
    var configuration = ServerConfiguration(host: "127.0.0.1", port: 0, namespaces: namespaces)
    // A client that does not read must not be cut by its heartbeat before a busy machine gets to the end of the test.
    configuration.pingInterval = .seconds(1000)
    change(&configuration)
    return try StreamFenceServer(configuration: configuration, logger: quiet, eventLoopGroup: group)
}

let quiet: Logger = {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
}()

/// Runs a server while `body` runs.
func serving(
    _ namespace: NamespaceConfiguration = feed(),
    on group: any EventLoopGroup = loops,
    change: (inout ServerConfiguration) -> Void = { _ in },
    _ body: (StreamFenceServer) async throws -> Void
) async throws {
    let server = try server(namespace, on: group, change: change)
    try await server.start()
    do {
        try await body(server)
    } catch {
        try await server.stop()
        throw error
    }
    try await server.stop()
}

extension StreamFenceServer {
    func client() async throws -> TestClient {
        let client = try await TestClient.connect(to: port, on: loops)
        try await client.join("/feed")
        return client
    }

    /// A client of `/feed` that is subscribed to these topics.
    func subscriber(to topics: String...) async throws -> TestClient {
        let client = try await client()
        for topic in topics { try await client.subscribe(to: topic) }
        return client
    }
}

extension TestClient {
    func subscribe(to topic: String) async throws {
        send("2/feed,[\"subscribe\",{\"topic\":\"\(topic)\"}]")
        let answer = try await packet()
        guard answer == "2/feed,[\"subscribed\",{\"topic\":\"\(topic)\"}]" else {
            throw Unexpected(description: "expected to be subscribed, found \(answer)")
        }
    }

    /// Passes when everything the server sent before has been seen: nothing else may come before the answer.
    func expectNothing() async throws {
        send(#"2/feed,999["ack",{"topic":"snapshot","messageId":"0"}]"#)
        #expect(try await packet() == #"3/feed,999[{"ok":true,"topic":"snapshot","acknowledged":false}]"#)
    }
}
