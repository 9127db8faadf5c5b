import NIOCore
import NIOPosix
import StreamFencePluginKit
import StreamFenceTestClient
import Testing

@testable import StreamFence

@Suite("Tokens of clients that subscribe and publish", .timeLimit(.minutes(5)))
struct EventTokenTests {
    private static let subscribe = #"["subscribe",{"topic":"snapshot"}]"#
    private static let publish = #"["publish",{"topic":"snapshot","payload":1}]"#

    @Test(
        "Without a token nothing is subscribed to and nothing published; what needs none goes on",
        arguments: [subscribe, publish]
    )
    func noToken(request: String) async throws {
        try await guarding { server in
            let client = try await server.client()
            try await client.request(request, isRefusedWith: "AUTH_REJECTED", "expected a token, found none")
            #expect(try server.publish("/feed", "snapshot", 1).recipients == 0)
            client.send(#"2/feed,["unsubscribe",{"topic":"snapshot"}]"#)
            try await client.expect(#"2/feed,["unsubscribed",{"topic":"snapshot"}]"#)
            try await client.expectNothing()
            #expect(server.refusedTokens == [1, 0])
            let received = try server.deliveryCounts("/feed", "snapshot").received
            #expect(received == (request == Self.publish ? 1 : 0))
        }
    }

    @Test("A wrong token is refused with the request it came with; the validator was told of topic and action")
    func wrongToken() async throws {
        let porter = Porter()
        try await guarding(with: porter) { server in
            let events = server.events()
            let client = try await server.stranger()
            let id = try await client.join("/feed")
            for action in ["subscribe", "publish"] {
                try await client.request(
                    #"["\#(action)",{"topic":"snapshot","payload":1,"token":"BAD"}]"#,
                    isRefusedWith: "AUTH_REJECTED",
                    "the token was refused"
                )
                #expect(await porter.asked.next() == "\(action) snapshot BAD")
            }
            let refusal = ServerEvent.authRejected(
                AuthRejectedEvent(namespace: "/feed", clientID: id, remoteAddress: "127.0.0.1", reason: "not good")
            )
            let expected = [
                .connected(id), refusal, refusal,
                .rejected(id, "snapshot", .authRejected, "the token was refused"),
            ]
            for event in expected { #expect(await events.next { _ in true } == event) }
            #expect(server.refusedTokens == [2, 0])
            #expect(try server.deliveryCounts("/feed", "snapshot").received == 1)
        }
    }

    @Test("A token that came with a request serves for those that follow")
    func remembered() async throws {
        let porter = Porter()
        try await guarding(with: porter) { server in
            let client = try await server.client()
            try await client.subscribe(to: "snapshot", with: "good")
            client.send(#"2/feed,["publish",{"topic":"snapshot","payload":1}]"#)
            try await client.expect(#"2/feed,["snapshot",1]"#)
            client.send(#"2/feed,["publish",{"topic":"snapshot","payload":2,"token":"good"}]"#)
            try await client.expect(#"2/feed,["snapshot",2]"#)
            try await client.subscribe(to: "trades")
            // Asked once for each action on each topic, in the order of the requests.
            for question in ["subscribe snapshot good", "publish snapshot good", "subscribe trades good"] {
                #expect(await porter.asked.next() == question)
            }
        }
    }

    @Test("A token that is good for one topic opens no other one, whether it is shown again or not")
    func perTopic() async throws {
        let porter = Porter { request in
            request.topic == "trades" ? .reject(reason: "not trades") : .accept(principal: "alice")
        }
        try await guarding(with: porter) { server in
            let client = try await server.guest()
            try await client.subscribe(to: "snapshot")
            for token in ["", #","token":"good""#] {
                try await client.request(
                    #"["subscribe",{"topic":"trades"\#(token)}]"#,
                    isRefusedWith: "AUTH_REJECTED",
                    "the token was refused"
                )
            }
            #expect(try server.publish("/feed", "trades", 1).recipients == 0)
            #expect(try server.publish("/feed", "snapshot", 1).recipients == 1)
        }
    }

    @Test("Grants are kept to, without asking again")
    func grants() async throws {
        let porter = Porter { _ in
            .accept(principal: "alice", grants: [TokenGrant(topic: "snapshot", actions: [.subscribe])])
        }
        try await guarding(with: porter) { server in
            let client = try await server.guest()
            try await client.subscribe(to: "snapshot")
            for request in [Self.publish, #"["subscribe",{"topic":"trades","token":"good"}]"#] {
                try await client.request(request, isRefusedWith: "AUTH_REJECTED", "the token does not allow this")
            }
            let other = try await server.client()
            try await other.request(
                #"["publish",{"topic":"trades","payload":1,"token":"good"}]"#,
                isRefusedWith: "AUTH_REJECTED",
                "the token does not allow this"
            )
            try await other.subscribe(to: "snapshot")
            #expect(server.refusedTokens == [3, 0])
            for question in ["connect - good", "publish trades good"] { #expect(await porter.asked.next() == question) }
            porter.asked.note("nothing more")
            #expect(await porter.asked.next() == "nothing more")
        }
    }

    @Test("A handler is told who published")
    func principal() async throws {
        let journal = Journal()
        try await guarding(with: Porter { .accept(principal: "owner of \($0.token)") }) { server in
            try server.onMessage("/feed", "snapshot") { _, context in journal.note(context.principal ?? "nobody") }
            let client = try await server.guest("one")
            client.send("2/feed,\(Self.publish)")
            #expect(await journal.next() == "owner of one")
            client.send(#"2/feed,["publish",{"topic":"snapshot","payload":1,"token":"two"}]"#)
            #expect(await journal.next() == "owner of two")
        }
    }

    @Test("A token may be renewed: the answer tells until when it holds, and a wrong one changes nothing")
    func renewal() async throws {
        let porter = Porter { request in
            switch request.token {
            case "long": .accept(principal: "alice", expiresAt: .seconds(2_000_000))
            case "good": .accept(principal: "alice")
            case "endless": .accept(principal: "alice", expiresAt: .seconds(Int64.max))
            default: .reject(reason: "not good")
            }
        }
        try await guarding(with: porter) { server in
            let client = try await server.client()
            for (token, answer) in [
                ("long", #""expiresAt":2000000000"#), ("good", ""), ("endless", #""expiresAt":8640000000000000"#),
            ] {
                client.send(#"2/feed,1["auth",{"token":"\#(token)"}]"#)
                try await client.expect(#"2/feed,["authenticated",{\#(answer)}]"#)
                try await client.expect(#"3/feed,1[{"ok":true\#(answer.isEmpty ? "" : ",")\#(answer)}]"#)
            }
            try await client.request(
                #"["auth",{"token":"BAD"}]"#,
                isRefusedWith: "AUTH_REJECTED",
                "the token was refused"
            )
            try await client.request(
                "[\"auth\",{}]",
                isRefusedWith: "INVALID_REQUEST",
                "auth: expected a string as token"
            )
            try await client.subscribe(to: "snapshot")
        }
    }

    @Test("Topics that there are none of are not for the validator to judge")
    func unknownTopic() async throws {
        let porter = Porter()
        try await guarding(with: porter) { server in
            let client = try await server.client()
            try await client.request(
                #"["subscribe",{"topic":"nope","token":"good"}]"#,
                isRefusedWith: "UNKNOWN_TOPIC",
                "/feed has no such topic"
            )
            porter.asked.note("nothing")
            #expect(await porter.asked.next() == "nothing")
        }
    }
}

@Suite("Requests that wait for a token", .timeLimit(.minutes(5)))
struct HeldRequestTests {
    /// Checks the token `slow` when the gate is open, and knows every other one as good, but for `bad`.
    private func porter(_ gate: Gate) -> Porter {
        Porter { request in
            if request.token == "slow" { try await gate.passed() }
            return request.token == "bad" ? .reject(reason: "bad") : .accept(principal: "alice")
        }
    }

    @Test("They are carried out in the order they came, and acknowledgements at once")
    func order() async throws {
        let gate = Gate()
        let porter = porter(gate)
        try await guarding(with: porter) { server in
            let client = try await server.client()
            client.sendTogether([
                #"2/feed,["subscribe",{"topic":"snapshot","token":"slow"}]"#,
                #"2/feed,["publish",{"topic":"snapshot","payload":1}]"#,
                #"2/feed,["subscribe",{"topic":"trades","token":"bad"}]"#,
                #"2/feed,["unsubscribe",{"topic":"snapshot"}]"#,
                #"2/feed,["nonsense"]"#,
                #"2/feed,["subscribe",{"topic":"trades","token":"fast"}]"#,
                #"2/feed,9["ack",{"topic":"snapshot","messageId":"0"}]"#,
            ])
            try await client.expect(#"3/feed,9[{"ok":true,"topic":"snapshot","acknowledged":false}]"#)
            #expect(await porter.asked.next() == "subscribe snapshot slow")
            gate.open()
            try await client.expect(#"2/feed,["subscribed",{"topic":"snapshot"}]"#)
            try await client.expect(#"2/feed,["snapshot",1]"#)
            try await client.expect(#"2/feed,["error",{"code":"AUTH_REJECTED","message":"the token was refused"}]"#)
            try await client.expect(#"2/feed,["unsubscribed",{"topic":"snapshot"}]"#)
            #expect(try await client.packet().hasPrefix(#"2/feed,["error",{"code":"INVALID_REQUEST""#))
            try await client.expect(#"2/feed,["subscribed",{"topic":"trades"}]"#)
        }
    }

    @Test("No more than so many of them wait; those beyond are refused at once")
    func bounded() async throws {
        let gate = Gate()
        let porter = porter(gate)
        try await guarding(with: porter) { server in
            let client = try await server.client()
            client.send(#"2/feed,["subscribe",{"topic":"snapshot","token":"slow"}]"#)
            let request = #"2/feed,["unsubscribe",{"topic":"trades"}]"#
            client.sendTogether(Array(repeating: request, count: HeldRequests.maxRequests))
            try await client.request(
                #"["unsubscribe",{"topic":"snapshot"}]"#,
                isRefusedWith: "QUEUE_OVERFLOW",
                "expected at most 256 requests waiting for a token"
            )
            gate.open()
            try await client.expect(#"2/feed,["subscribed",{"topic":"snapshot"}]"#)
            for _ in 0..<HeldRequests.maxRequests {
                try await client.expect(#"2/feed,["unsubscribed",{"topic":"trades"}]"#)
            }
            try await client.expectNothing()
        }
    }

    @Test("No more than so many bytes wait either")
    func boundedBytes() async throws {
        let gate = Gate()
        let porter = porter(gate)
        try await guarding(with: porter) { server in
            let client = try await server.client()
            client.send(#"2/feed,["subscribe",{"topic":"trades","token":"slow"}]"#)
            let large = #"["publish",{"topic":"snapshot","payload":"\#(String(repeating: "x", count: 400_000))"}]"#
            for _ in 0..<10 { client.send("2/feed,\(large)") }
            try await client.request(
                large,
                isRefusedWith: "QUEUE_OVERFLOW",
                "expected at most 4194304 bytes waiting for a token"
            )
            gate.open()
            try await client.expect(#"2/feed,["subscribed",{"topic":"trades"}]"#)
            try await eventually { try server.deliveryCounts("/feed", "snapshot").received == 10 }
        }
    }

    @Test("A client that leaves takes them along")
    func leaves() async throws {
        let gate = Gate()
        let porter = porter(gate)
        try await guarding(with: porter) { server in
            let client = try await server.client()
            client.send(#"2/feed,["subscribe",{"topic":"snapshot","token":"slow"}]"#)
            client.send(#"2/feed,["subscribe",{"topic":"trades","token":"fast"}]"#)
            #expect(await porter.asked.next() == "subscribe snapshot slow")
            await client.drop()
            try await eventually { server.clientCount == 0 }
            gate.open()
            for _ in 0..<20 { try await turnAll() }
            #expect(try server.publish("/feed", "snapshot", 1).recipients == 0)
            porter.asked.note("nothing more")
            #expect(await porter.asked.next() == "nothing more")
            #expect(server.refusedTokens == [0, 0])
        }
    }
}
