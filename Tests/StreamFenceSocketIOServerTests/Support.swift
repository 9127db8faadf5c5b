import Logging
import NIOCore
import NIOPosix
import StreamFenceTestClient
import Synchronization
import Testing

@testable import StreamFenceSocketIO

/// The loops of servers and clients alike.
let loops = MultiThreadedEventLoopGroup(numberOfThreads: 2)

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
    /// Passes when this packet arrives next.
    func expect(_ packet: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await expect(.packet(packet), sourceLocation: sourceLocation)
    }

    /// Passes when this arrives next.
    func expect(_ frame: Frame, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let found = try await next()
        #expect(found == frame, sourceLocation: sourceLocation)
    }

    /// Joins a namespace.
    ///
    /// - Returns: the socket's id.
    @discardableResult
    func join(_ namespace: String, auth: String = "") async throws -> String {
        send("0\(namespace),\(auth)")
        let answer = try await packet()
        let prefix = "0\(namespace),{\"sid\":\""
        guard answer.hasPrefix(prefix), answer.hasSuffix("\"}") else {
            throw Unexpected(description: "expected to join, found \(answer)")
        }
        return String(answer.dropFirst(prefix.count).dropLast(2))
    }

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

/// What a server's handlers noted, in order.
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

/// Objects that must not outlive their client, by name.
final class Remains: Sendable {
    /// Only asked whether it is nil: what it refers to is not touched.
    private final class Weak: @unchecked Sendable {
        weak var object: AnyObject?

        init(_ object: AnyObject?) { self.object = object }
    }

    private let objects = Mutex<[String: Weak]>([:])

    func watch(_ object: AnyObject?, _ name: String) {
        let reference = Weak(object)
        objects.withLock { $0[name] = reference }
    }

    var count: Int { objects.withLock { $0.count } }

    /// The names of those that are still there after every loop has had time to let go.
    func found() async throws -> [String] {
        for _ in 0..<200 {
            try await turnAll()
            if living.isEmpty { return [] }
        }
        return living
    }

    private var living: [String] {
        objects.withLock { $0.filter { $0.value.object != nil }.keys.sorted() }
    }
}

/// Passes when every loop has finished what it had to do.
func turnAll() async throws {
    for loop in loops.makeIterator() { try await loop.submit {}.get() }
}

/// Passes when `holds`; loops turn meanwhile, and the test's time limit ends what never comes.
func eventually(_ holds: @Sendable () -> Bool) async throws {
    while !holds() {
        try Task.checkCancellation()
        try await turnAll()
    }
}
