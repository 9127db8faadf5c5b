import NIOCore
import StreamFencePluginKit
import StreamFenceTestClient
import Synchronization
import Testing

@testable import StreamFence

/// A validator that answers as a test says, and notes what it was asked: `subscribe snapshot good`.
struct Porter: TokenValidator {
    typealias Answer = @Sendable (TokenRequest) async throws -> TokenDecision

    let asked = Journal()
    private let answer: Answer

    init(_ answer: @escaping Answer) {
        self.answer = answer
    }

    /// Knows the token `good` as alice's, and no other one.
    init() {
        self.init { $0.token == "good" ? .accept(principal: "alice") : .reject(reason: "not good") }
    }

    func validate(_ request: TokenRequest) async throws -> TokenDecision {
        asked.note("\(request.action) \(request.topic ?? "-") \(request.token)")
        return try await answer(request)
    }
}

/// A clock that stands still until it is set.
final class Wall: Sendable {
    private let time = Mutex(Duration.seconds(1_000_000))

    var now: Duration { time.withLock { $0 } }
    func advance(by duration: Duration) { time.withLock { $0 += duration } }
}

/// A clock without a date that stands still until it is set.
final class Stopwatch: Sendable {
    private let time = Mutex(NIODeadline.uptimeNanoseconds(0))

    var now: NIODeadline { time.withLock { $0 } }
    func advance(by amount: TimeAmount) { time.withLock { $0 = $0 + amount } }
}

/// Runs a server whose `/feed` requires a token, and has it checked by `porter`, while `body` runs.
func guarding(
    with porter: Porter = Porter(),
    feed: NamespaceConfiguration = feed(),
    wall: Wall = Wall(),
    on group: any EventLoopGroup = loops,
    change: (inout ServerConfiguration) -> Void = { _ in },
    _ body: (StreamFenceServer) async throws -> Void
) async throws {
    var feed = feed
    feed.authRequired = true
    var configuration = ServerConfiguration(host: "127.0.0.1", port: 0, namespaces: [feed])
    configuration.pingInterval = .seconds(1000)
    configuration.auth = .token
    configuration.authTimeout = .seconds(1000)
    configuration.tokenValidator = PluginChoice(use: "porter")
    change(&configuration)
    var registry = PluginRegistry.builtin
    try registry.register([.tokenValidator("porter") { _ in porter }])
    let server = try StreamFenceServer(configuration, registry, quiet, group, now: { wall.now })
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
    /// A client that has joined nothing yet.
    func stranger(query: String = "", header: String = "X-None: none") async throws -> TestClient {
        try await TestClient.connect(to: port, on: loops, query: query, header: header)
    }

    /// A client of `/feed` that has shown a token to get there.
    func guest(_ token: String = "good") async throws -> TestClient {
        let client = try await stranger()
        try await client.join("/feed", auth: #"{"token":"\#(token)"}"#)
        return client
    }

    /// Refused tokens, and those that were not looked at, as they are counted.
    var refusedTokens: [Int] {
        let counters = pipelines["/feed"]?.counters
        return [counters?.rejectedTokens.value ?? -1, counters?.rateLimitedTokens.value ?? -1]
    }
}

extension TestClient {
    /// Sends a request, and passes when it is refused with this code, in an event and in an acknowledgement.
    func request(
        _ request: String,
        isRefusedWith code: String,
        _ message: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let body = #""code":"\#(code)","message":"\#(message)"}"#
        send("2/feed,7\(request)")
        try await expect(#"2/feed,["error",{\#(body)]"#, sourceLocation: sourceLocation)
        try await expect(#"3/feed,7[{"ok":false,\#(body)]"#, sourceLocation: sourceLocation)
    }

    /// Asks to join `/feed`, and passes when that is refused.
    func join(
        _ auth: String,
        isRefusedWith code: String,
        _ message: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        send("0/feed,\(auth)")
        let refusal = #"4/feed,{"message":"\#(message)","data":{"code":"\#(code)"}}"#
        try await expect(refusal, sourceLocation: sourceLocation)
    }

    func subscribe(to topic: String, with token: String) async throws {
        send(#"2/feed,["subscribe",{"topic":"\#(topic)","token":"\#(token)"}]"#)
        try await expect(#"2/feed,["subscribed",{"topic":"\#(topic)"}]"#)
    }
}
