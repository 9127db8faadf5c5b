import Logging
import NIOCore
import NIOPosix
import StreamFence
import StreamFenceTestClient
import Synchronization
import Testing

/// The loops of servers and clients alike.
let loops = MultiThreadedEventLoopGroup(numberOfThreads: 2)

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
    /// Passes when this packet arrives next.
    func expect(_ packet: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await expect(.packet(packet), sourceLocation: sourceLocation)
    }

    /// Passes when this arrives next.
    func expect(_ frame: Frame, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let found = try await next()
        #expect(found == frame, sourceLocation: sourceLocation)
    }

    /// - Returns: the socket's id.
    @discardableResult
    func join(_ namespace: String) async throws -> String {
        send("0\(namespace),")
        let answer = try await packet()
        let prefix = "0\(namespace),{\"sid\":\""
        guard answer.hasPrefix(prefix), answer.hasSuffix("\"}") else {
            throw Unexpected(description: "expected to join, found \(answer)")
        }
        return String(answer.dropFirst(prefix.count).dropLast(2))
    }

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
        #expect(try await packet() == #"3/feed,999[{"ok":true,"topic":"snapshot"}]"#)
    }
}

/// What handlers noted, in order.
final class Journal: Sendable {
    private let stream: AsyncStream<String>
    private let continuation: AsyncStream<String>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func note(_ what: String) { continuation.yield(what) }

    func next() async -> String? {
        var iterator = stream.makeAsyncIterator()
        return await iterator.next()
    }
}

/// Something a handler waits for and a test opens.
final class Gate: Sendable {
    private let promise: EventLoopPromise<Void>

    init() { promise = loops.next().makePromise() }

    func open() { promise.succeed() }
    func passed() async throws { try await promise.futureResult.get() }
}

/// Passes when every loop has finished what it had to do.
func turnAll() async throws {
    for loop in loops.makeIterator() { try await loop.submit {}.get() }
}

/// Passes when `holds`; loops turn meanwhile, and the test's time limit ends what never comes.
func eventually(_ holds: @Sendable () throws -> Bool) async throws {
    while try !holds() {
        try Task.checkCancellation()
        try await turnAll()
    }
}
