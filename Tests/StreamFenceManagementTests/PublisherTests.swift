import Hummingbird
import Logging
import NIOCore
import StreamFence
import StreamFenceTestClient
import Testing

@testable import StreamFenceManagement

@Suite("Publishing by HTTP")
struct PublisherTests {
    @Test("A message reaches its subscriber byte for byte, and the answer counts the recipients")
    func published() async throws {
        try await serving { publisher, servers in
            let client = try await subscriber(of: servers[0])
            let payload = "{\"b\" :1.0, \"a\": [ 1e2,\"\\u00fc\\/\"]}"
            let answer = publisher.publish(
                ByteBuffer(string: #" {"payload": \#(payload) , "topic":"snapshot","namespace":"/feed"}"#)
            )
            guard case .published(let receipt) = answer else { return #expect(Bool(false), "\(answer)") }
            #expect(receipt.recipients == 1)
            #expect(try await client.packet() == "2/feed,[\"snapshot\",\(payload)]")
        }
    }

    static let wrong: [(String, HTTPResponse.Status, String)] = [
        ("", .badRequest, "INVALID_REQUEST"),
        ("[]", .badRequest, "INVALID_REQUEST"),
        (#"{"namespace":"/feed","topic":"snapshot"}"#, .badRequest, "INVALID_REQUEST"),
        (#"{"namespace":"/feed","topic":7,"payload":1}"#, .badRequest, "INVALID_REQUEST"),
        (#"{"namespace":"/feed","topic":"snapshot","payload":1,"clientID":"a"}"#, .badRequest, "INVALID_REQUEST"),
        (#"{"namespace":"/feed","topic":"snapshot","payload":1,"key":1}"#, .badRequest, "INVALID_REQUEST"),
        (#"{"namespace":"/feed","topic":"none","payload":1}"#, .notFound, "UNKNOWN_TOPIC"),
        (#"{"namespace":"/none","topic":"snapshot","payload":1}"#, .notFound, "UNKNOWN_NAMESPACE"),
        (#"{"server":"a","namespace":"/none","topic":"snapshot","payload":1}"#, .notFound, "UNKNOWN_NAMESPACE"),
        (#"{"server":"c","namespace":"/feed","topic":"snapshot","payload":1}"#, .notFound, "UNKNOWN_SERVER"),
        (#"{"namespace":"/shared","topic":"snapshot","payload":1}"#, .badRequest, "INVALID_REQUEST"),
        (#"{"namespace":"/feed","topic":"snapshot","payload":1,"clientId":"a"}"#, .conflict, "NOT_SUBSCRIBED"),
        (
            #"{"namespace":"/small","topic":"snapshot","payload":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}"#,
            .contentTooLarge, "PAYLOAD_TOO_LARGE"
        ),
    ]

    @Test("What is wrong is refused with its status and code", arguments: wrong)
    func refused(body: String, status: HTTPResponse.Status, code: String) async throws {
        try await serving { publisher, _ in
            guard case .refused(let error) = publisher.publish(ByteBuffer(string: body)) else {
                return #expect(Bool(false), "expected \(code)")
            }
            #expect(error.status == status)
            #expect(error.code == code)
        }
    }

    @Test("A namespace of several servers is served by the one that is named")
    func named() async throws {
        try await serving { publisher, _ in
            let body =
                #"{"server":"b","namespace":"/shared","topic":"snapshot","payload":1,"key":null,"clientId":null}"#
            guard case .published = publisher.publish(ByteBuffer(string: body)) else {
                return #expect(Bool(false), "expected it to be published")
            }
        }
    }

    @Test("Each message of a batch has an answer of its own, in their order")
    func batch() async throws {
        try await serving { publisher, servers in
            let client = try await subscriber(of: servers[0])
            let good = #"{"namespace":"/feed","topic":"snapshot","payload":"#
            let answers = try publisher.publishBatch(ByteBuffer(string: "[\(good)1}, 7, \(good)2}]"))
            let isPublished = answers.map { answer in if case .published = answer { true } else { false } }
            #expect(isPublished == [true, false, true])
            #expect(try await client.packet() == #"2/feed,["snapshot",1]"#)
            #expect(try await client.packet() == #"2/feed,["snapshot",2]"#)
        }
    }

    @Test("A batch that is no list, or too long, is refused as a whole")
    func wrongBatches() async throws {
        try await serving { publisher, _ in
            #expect(throws: ManagementError.self) { try publisher.publishBatch(ByteBuffer(string: "{}")) }
            let long = "[" + String(repeating: "1,", count: Publisher.maxBatch) + "1]"
            #expect(throws: ManagementError.self) { try publisher.publishBatch(ByteBuffer(string: long)) }
        }
    }

    @Test("A server that does not serve takes nothing")
    func notServing() async throws {
        let server = try makeServer("a", "/feed")
        let answer = Publisher(servers: [server]).publish(
            ByteBuffer(string: #"{"namespace":"/feed","topic":"snapshot","payload":1}"#)
        )
        guard case .refused(let error) = answer else { return #expect(Bool(false), "expected a refusal") }
        #expect(error.status == .serviceUnavailable)
        #expect(error.code == "NOT_SERVING")
    }

    // MARK: The stage

    private func makeServer(_ name: String, _ paths: String...) throws -> StreamFenceServer {
        let namespaces = paths.map { path in
            var namespace = NamespaceConfiguration(path: path, topics: ["snapshot"])
            if path == "/small" { namespace.maxQueuedBytesPerClient = 60 }
            return namespace
        }
        return try StreamFenceServer(
            configuration: ServerConfiguration(name: name, host: "127.0.0.1", port: 0, namespaces: namespaces),
            logger: quiet,
            eventLoopGroup: loops
        )
    }

    /// Runs servers `a`, with `/feed`, and `b`; both have `/shared`.
    private func serving(_ body: (Publisher, [StreamFenceServer]) async throws -> Void) async throws {
        let servers = [try makeServer("a", "/feed", "/small", "/shared"), try makeServer("b", "/shared")]
        for server in servers { try await server.start() }
        do {
            try await body(Publisher(servers: servers), servers)
        } catch {
            for server in servers { try await server.stop() }
            throw error
        }
        for server in servers { try await server.stop() }
    }

    private func subscriber(of server: StreamFenceServer) async throws -> TestClient {
        let client = try await TestClient.connect(to: server.port, on: loops)
        try await client.join("/feed")
        client.send(#"2/feed,["subscribe",{"topic":"snapshot"}]"#)
        _ = try await client.packet()
        return client
    }

    private var quiet: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }
}
