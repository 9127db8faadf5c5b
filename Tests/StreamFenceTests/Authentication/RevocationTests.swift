import NIOCore
import StreamFencePluginKit
import StreamFenceTestClient
import Testing

@testable import StreamFence

@Suite("A principal that is cut off", .timeLimit(.minutes(5)))
struct RevocationTests {
    /// Names the token's bearer after its first word, and waits before it answers about slow ones.
    private func porter(_ gate: Gate? = nil) -> Porter {
        Porter { request in
            let words = request.token.split(separator: " ")
            if words.last == "slow" { try await gate?.passed() }
            return .accept(principal: String(words[0]))
        }
    }

    private let revoked = #"2/feed,["error",{"code":"AUTH_REJECTED","message":"the token was revoked"}]"#

    @Test("All its clients are told so and disconnected at once; nobody else's are")
    func clients() async throws {
        try await guarding(with: porter()) { server in
            let events = server.events()
            let bob = try await server.guest("bob 1")
            let joined = try await server.stranger()
            let id = try await joined.join("/feed", auth: #"{"token":"alice 1"}"#)
            let subscribed = try await server.stranger()
            try await subscribed.join("/feed")
            try await subscribed.subscribe(to: "snapshot", with: "alice again")
            let stranger = try await server.stranger()
            try await stranger.join("/feed")

            #expect(try await server.revoke(principal: "alice") == 2)

            for client in [joined, subscribed] {
                try await client.expect(revoked)
                try await client.expect("1/feed,")
                try await client.expect(.closed(1000))
            }
            let left = await events.next {
                if case .clientDisconnected(let event) = $0 { event.clientID == id } else { false }
            }
            #expect(left == .disconnected(id, "authentication revoked"))
            #expect(server.pipelines["/feed"]?.counters.revokedClients.value == 2)
            #expect(server.refusedTokens == [0, 0])
            try await bob.subscribe(to: "snapshot")
            try await stranger.subscribe(to: "snapshot", with: "carol 1")
            #expect(try await server.revoke(principal: "nobody") == 0)
        }
    }

    @Test("A token of its own that was being checked meanwhile comes too late", arguments: [true, false])
    func underWay(joins: Bool) async throws {
        let gate = Gate()
        let porter = porter(gate)
        try await guarding(with: porter) { server in
            let client = try await server.stranger()
            if joins {
                client.send(#"0/feed,{"token":"alice slow"}"#)
            } else {
                try await client.join("/feed")
                client.send(#"2/feed,["subscribe",{"topic":"snapshot","token":"alice slow"}]"#)
            }
            _ = await porter.asked.next()
            #expect(try await server.revoke(principal: "alice") == 0)
            gate.open()
            if joins { #expect(try await client.packet().hasPrefix(#"0/feed,{"sid":"#)) }
            try await client.expect(revoked)
            try await client.expect("1/feed,")
            try await client.expect(.closed(1000))
        }
    }

    @Test("Whoever asks the validator later gets what it says then")
    func later() async throws {
        try await guarding(with: porter()) { server in
            try await server.revoke(principal: "alice")
            let client = try await server.guest("alice 1")
            try await client.subscribe(to: "snapshot")
        }
    }

    @Test("What has been cut off is remembered no longer than a validation takes")
    func memory() {
        let watch = Stopwatch()
        let revocations = Revocations(longestValidation: .seconds(10), now: { watch.now })
        let start = watch.now
        watch.advance(by: .seconds(1))
        revocations.revoke("alice")
        #expect(revocations.hasRevoked("alice", since: start))
        #expect(!revocations.hasRevoked("bob", since: start))
        watch.advance(by: .seconds(1))
        #expect(!revocations.hasRevoked("alice", since: watch.now))
        watch.advance(by: .seconds(10))
        revocations.revoke("bob")
        #expect(revocations.principalCount == 1)
    }
}
