import NIOCore
import NIOPosix
import StreamFencePluginKit
import StreamFenceTestClient
import Testing

@testable import StreamFence

@Suite("The time that clients and tokens have", .timeLimit(.minutes(5)))
struct AuthenticationTimeTests {
    /// One loop: what is due first on it happens first.
    private func guardingOnOneLoop(
        with porter: Porter = Porter(),
        wall: Wall = Wall(),
        change: (inout ServerConfiguration) -> Void = { _ in },
        _ body: (StreamFenceServer) async throws -> Void
    ) async throws {
        let one = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        try await guarding(with: porter, wall: wall, on: one, change: change, body)
        try await one.shutdownGracefully()
    }

    private let overdue =
        #"2/feed,["error",{"code":"AUTH_REJECTED","message":"expected a token within authTimeoutMs, found none"}]"#

    @Test("A client that shows no good token in time is told so and disconnected; one that has shown one stays")
    func timeout() async throws {
        try await guardingOnOneLoop(change: { $0.authTimeout = .seconds(2) }) { server in
            let events = server.events()
            let member = try await server.guest()
            let stranger = try await server.stranger()
            let id = try await stranger.join("/feed")
            try await stranger.expect(overdue)
            try await stranger.expect("1/feed,")
            try await stranger.expect(.closed(1000))
            let left = await events.next { if case .clientDisconnected = $0 { true } else { false } }
            #expect(left == .disconnected(id, "authentication timeout"))
            #expect(server.refusedTokens == [1, 0])
            // Its time would have been up before.
            try await member.subscribe(to: "snapshot")
        }
    }

    @Test("A token that is being checked when the time is up is waited for, whatever becomes of it")
    func lastMoment() async throws {
        let porter = Porter { request in
            // Until the validation is given up, which is after the time of the client.
            for await _ in AsyncStream<Never>.makeStream().stream {}
            return .accept(principal: "late")
        }
        try await guardingOnOneLoop(with: porter, change: { $0.authTimeout = .milliseconds(100) }) { server in
            let client = try await server.stranger()
            client.sendTogether(["0/feed,", #"2/feed,["subscribe",{"topic":"snapshot","token":"slow"}]"#])
            #expect(try await client.packet().hasPrefix(#"0/feed,{"sid":"#))
            try await client.expect(#"2/feed,["error",{"code":"AUTH_REJECTED","message":"the token was refused"}]"#)
            try await client.expect(overdue)
            try await client.expect("1/feed,")
        }
    }

    @Test("A client whose token expires is told so and disconnected, and not before")
    func expiry() async throws {
        let wall = Wall()
        let porter = Porter { request in
            .accept(principal: "alice", expiresAt: request.token == "short" ? .seconds(1_000_001) : nil)
        }
        try await guarding(with: porter, wall: wall) { server in
            let events = server.events()
            let client = try await server.stranger()
            let id = try await client.join("/feed", auth: #"{"token":"short"}"#)
            try await client.subscribe(to: "snapshot")
            wall.advance(by: .seconds(1))
            try await client.expect(#"2/feed,["error",{"code":"AUTH_EXPIRED","message":"the token has expired"}]"#)
            try await client.expect("1/feed,")
            try await client.expect(.closed(1000))
            let left = await events.next { if case .clientDisconnected = $0 { true } else { false } }
            #expect(left == .disconnected(id, "authentication expired"))
        }
    }

    @Test("A newer token lasts as long as it says itself")
    func renewed() async throws {
        let wall = Wall()
        let porter = Porter { request in
            .accept(principal: "alice", expiresAt: .seconds(request.token == "short" ? 1_000_001 : 1_000_002))
        }
        try await guarding(with: porter, wall: wall) { server in
            let renewing = try await server.guest("short")
            try await renewing.subscribe(to: "snapshot", with: "longer")
            let other = try await server.guest("short")
            wall.advance(by: .seconds(1))
            try await other.expect(#"2/feed,["error",{"code":"AUTH_EXPIRED","message":"the token has expired"}]"#)
            try await renewing.subscribe(to: "trades")
            wall.advance(by: .seconds(1))
            try await renewing.expect(#"2/feed,["error",{"code":"AUTH_EXPIRED","message":"the token has expired"}]"#)
        }
    }
}
