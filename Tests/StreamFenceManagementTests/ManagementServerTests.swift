import Foundation
import Hummingbird
import Logging
import NIOCore
import StreamFence
import StreamFenceTestClient
import Testing

@testable import StreamFenceManagement

@Suite("Connections to the management port", .timeLimit(.minutes(5)))
struct ManagementServerTests {
    private static let message = #"{"namespace":"/feed","topic":"snapshot","payload":1}"#
    /// More bytes than a client can send one by one in the time of a request.
    private static let announced = 8_000_000

    // MARK: Time

    @Test("A request that drips in is cut off when its time is over, and nothing of it is published")
    func dripping() async throws {
        try await serving(requestTime: .milliseconds(50)) { port, server in
            let sent = try await RawSocket.connected(to: port) { socket in
                socket.send(Self.post(bytes: Self.announced))
                socket.send(Self.message)
                return Self.drip(socket)
            }
            #expect(sent < Self.announced - Self.message.utf8.count)
            #expect(published(server) == 0)
        }
    }

    @Test("The rest of a request that was refused is waited for no longer than for one that was not")
    func drippingAfterARefusal() async throws {
        try await serving(token: "secret", requestTime: .milliseconds(50)) { port, _ in
            let sent = try await RawSocket.connected(to: port) { socket in
                socket.send(Self.post(bytes: Self.announced))
                return Self.drip(socket)
            }
            #expect(sent < Self.announced)
        }
    }

    // MARK: Refusals

    private static let refusals: [(token: String?, bytes: Int, header: String, status: Int)] = [
        ("secret", 1000, "X-None: none", 401),
        ("secret", 1000, "Authorization: Bearer wrong", 401),
        (nil, 1000, "Origin: http://localhost", 403),
        (nil, (8 << 20) + 1, "X-None: none", 413),
    ]

    @Test(
        "A refusal for who asks, or how much, is answered before the rest is sent, and ends its connection",
        arguments: refusals
    )
    func refused(token: String?, bytes: Int, header: String, status: Int) async throws {
        try await serving(token: token) { port, _ in
            let (head, rest) = try await RawSocket.connected(to: port) { socket in
                socket.send(Self.post(bytes: bytes, header: header))
                let head = socket.receive(until: "\"}")
                socket.send(String(repeating: " ", count: bytes))
                return (head, socket.receive())
            }
            #expect(head.hasPrefix("HTTP/1.1 \(status) "))
            #expect(head.lowercased().contains("\r\nconnection: close\r\n"))
            #expect(rest == "")
        }
    }

    @Test("Nothing is done of what comes behind a request that was refused")
    func behindARefusal() async throws {
        try await serving { port, server in
            let answers = try await RawSocket.connected(to: port) { socket in
                socket.send(Self.post(bytes: 1, header: "Origin: http://elsewhere"))
                let answer = socket.receive(until: "\"}")
                socket.send(" " + Self.post(bytes: Self.message.utf8.count) + Self.message)
                return answer + socket.receive()
            }
            #expect(answers.ranges(of: "HTTP/1.1 ").count == 1)
            #expect(published(server) == 0)
        }
    }

    @Test("A connection goes on after what is wrong with one message")
    func goesOn() async throws {
        try await serving { port, _ in
            let second = try await RawSocket.connected(to: port) { socket in
                socket.send(Self.post(bytes: 2) + "{}")
                _ = socket.receive(until: "\"}")
                socket.send(Self.post(bytes: Self.message.utf8.count) + Self.message)
                return socket.receive(until: "}")
            }
            #expect(second.hasPrefix("HTTP/1.1 200 "))
        }
    }

    // MARK: Hosts

    @Test(
        "Without a token a page whose name was made to lead here is refused, on every path",
        arguments: [
            "evil.example", "evil.example:3080", "localhost.evil.example", "127.0.0.1.evil.example", "[evil", "",
        ],
        ["GET /metrics", "GET /healthz", "GET /none", "POST /api/publish"]
    )
    func foreignHost(host: String, call: String) async throws {
        try await serving { port, server in
            let answer = try await ask(port, call, "Host: \(host)", "Origin: http://\(host)")
            #expect(answer.hasPrefix("HTTP/1.1 421 "))
            #expect(answer.contains(#""code":"HOST_REJECTED""#))
            #expect(answer.contains(#"found \"\#(host)\""#))
            #expect(published(server) == 0)
        }
    }

    @Test(
        "An address and localhost are this machine, with or without a port",
        arguments: ["localhost", "LOCALHOST:3080", "127.0.0.1", "127.0.0.1:3080", "10.0.0.1", "[::1]", "[::1]:3080"]
    )
    func ownHost(host: String) async throws {
        try await serving { port, _ in
            let answer = try await ask(port, "POST /api/publish", "Host: \(host)", "Origin: http://\(host)")
            #expect(answer.hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test("A request that names no host is refused")
    func noHost() async throws {
        try await serving { port, _ in
            let answer = try await ask(port, "GET /healthz")
            #expect(answer.hasPrefix("HTTP/1.1 421 "))
            #expect(answer.contains("found none"))
        }
    }

    @Test("With a token it is the token that counts, and the server may have any name")
    func hostWithAToken() async throws {
        try await serving(token: "secret") { port, _ in
            let host = "Host: streamfence.example"
            #expect(try await ask(port, "GET /healthz", host).hasPrefix("HTTP/1.1 200 "))
            let answer = try await ask(port, "POST /api/publish", host, "Authorization: Bearer secret")
            #expect(answer.hasPrefix("HTTP/1.1 200 "))
        }
    }

    // MARK: Metrics

    @Test("Metrics that block hold up nothing else, however many ask for them")
    func blockingMetrics() async throws {
        let gate = DispatchSemaphore(value: 0)
        let asking = 2 * System.coreCount
        let blocking: @Sendable () -> [MetricSample] = {
            // Where they do hold up everything, the test fails rather than hangs.
            #expect(gate.wait(timeout: .now() + 60) == .success)
            return []
        }
        try await serving(otherMetrics: blocking) { port, _ in
            try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<asking { group.addTask { try await ask(port, "GET /metrics", "Host: localhost") } }
                #expect(try await ask(port, "GET /healthz", "Host: localhost").hasPrefix("HTTP/1.1 200 "))
                for _ in 0..<asking { gate.signal() }
                for try await answer in group { #expect(answer.hasPrefix("HTTP/1.1 200 ")) }
            }
        }
    }

    // MARK: The stage

    /// Runs a server with `/feed`, and a management port on a port of the system's choice.
    private func serving(
        token: String? = nil,
        requestTime: TimeAmount = .hours(1),
        otherMetrics: @escaping @Sendable () -> [MetricSample] = { [] },
        _ body: @escaping @Sendable (Int, StreamFenceServer) async throws -> Void
    ) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let server = try StreamFenceServer(
            configuration: ServerConfiguration(
                name: "a",
                host: "127.0.0.1",
                port: 0,
                namespaces: [NamespaceConfiguration(path: "/feed", topics: ["snapshot"])]
            ),
            logger: logger,
            eventLoopGroup: loops
        )
        try await server.start()
        let (ports, bound) = AsyncStream.makeStream(of: Int.self)
        var management = try ManagementServer(
            configuration: ManagementConfiguration(port: 0, token: token),
            servers: [server],
            otherMetrics: otherMetrics,
            logger: logger,
            eventLoopGroup: loops
        ) { bound.yield($0) }
        management.requestTime = requestTime
        let result = await withTaskGroup(of: Void.self, returning: Result<Void, any Error>.self) { [management] group in
            group.addTask {
                try? await management.run()
                bound.finish()
            }
            defer { group.cancelAll() }
            do {
                let port = try #require(await ports.first { _ in true })
                return .success(try await body(port, server))
            } catch {
                return .failure(error)
            }
        }
        try await server.stop()
        try result.get()
    }

    private static func post(bytes: Int, header: String = "X-None: none") -> String {
        "POST /api/publish HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: \(bytes)\r\n\(header)\r\n\r\n"
    }

    /// Sends a body that may follow any, byte by byte, until the server closes the connection.
    ///
    /// - Returns: how many bytes that took.
    private static func drip(_ socket: borrowing RawSocket) -> Int {
        var sent = 0
        while sent < announced, socket.send(" ") { sent += 1 }
        return sent
    }

    private func published(_ server: StreamFenceServer) -> Double {
        server.metrics().samples.filter { $0.name == "streamfence_messages_published_total" }.reduce(0) {
            $0 + $1.number
        }
    }

    /// One whole request, with a message if it is a POST, and its answer.
    private func ask(_ port: Int, _ call: String, _ headers: String...) async throws -> String {
        let body = call.hasPrefix("POST") ? Self.message : ""
        let lines = ["\(call) HTTP/1.1", "Connection: close", "Content-Length: \(body.utf8.count)"] + headers
        return try await RawSocket.connected(to: port) { socket in
            socket.send(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
            return socket.receive()
        }
    }
}
