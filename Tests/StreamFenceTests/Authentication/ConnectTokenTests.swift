import NIOCore
import NIOPosix
import StreamFencePluginKit
import StreamFenceTestClient
import Testing

@testable import StreamFence

@Suite("Tokens of clients that join", .timeLimit(.minutes(5)))
struct ConnectTokenTests {
    @Test("A token that was shown is refused if it is wrong, and its bearer may try again")
    func wrongToken() async throws {
        let porter = Porter()
        try await guarding(with: porter) { server in
            let events = server.events()
            let client = try await server.stranger()
            try await client.join(#"{"token":"BAD"}"#, isRefusedWith: "AUTH_REJECTED", "the token was refused")
            #expect(await porter.asked.next() == "connect - BAD")
            let id = try await client.join("/feed", auth: #"{"token":"good"}"#)
            #expect(
                await events.next { _ in true }
                    == .authRejected(
                        AuthRejectedEvent(
                            namespace: "/feed",
                            clientID: nil,
                            remoteAddress: "127.0.0.1",
                            reason: "not good"
                        )
                    )
            )
            let connected = ClientConnectedEvent(
                namespace: "/feed",
                clientID: id,
                transport: .webSocket,
                principal: "alice"
            )
            #expect(await events.next { _ in true } == .clientConnected(connected))
            #expect(server.refusedTokens == [1, 0])
        }
    }

    @Test("A client may join without a token, unless it has to show one to join")
    func noToken() async throws {
        try await guarding { server in
            _ = try await server.client()
            #expect(server.refusedTokens == [0, 0])
        }
        try await guarding(change: { $0.authAt = .connect }) { server in
            let client = try await server.stranger()
            for auth in ["", "{}", #"{"token":null}"#] {
                try await client.join(auth, isRefusedWith: "AUTH_REJECTED", "expected a token, found none")
            }
            #expect(server.refusedTokens == [3, 0])
            try await client.join("/feed", auth: #"{"token":"good"}"#)
        }
    }

    @Test(
        "A token may come in the handshake's header, and one in the payload goes first",
        arguments: [
            ("Authorization: Bearer good", "", true), ("authorization: bearer   good", "", true),
            ("Authorization: Bearer bad", "", false), ("Authorization: Bearer bad", #"{"token":"good"}"#, true),
            ("Authorization: Bearer good", #"{"token":"bad"}"#, false), ("Authorization: Basic good", "", nil),
            ("Authorization: good", "", nil), ("Authorization: Bearer", "", nil),
        ] as [(String, String, Bool?)]
    )
    func header(header: String, auth: String, isGood: Bool?) async throws {
        try await guarding(change: { $0.authAt = .connect }) { server in
            let client = try await server.stranger(header: header)
            switch isGood {
            case true: try await client.join("/feed", auth: auth)
            case false: try await client.join(auth, isRefusedWith: "AUTH_REJECTED", "the token was refused")
            case nil: try await client.join(auth, isRefusedWith: "AUTH_REJECTED", "expected a token, found none")
            }
        }
    }

    @Test("A token in the query is looked at only where that is allowed", arguments: [false, true])
    func query(isAllowed: Bool) async throws {
        let change = { (configuration: inout ServerConfiguration) in
            configuration.authAt = .connect
            configuration.allowQueryToken = isAllowed
        }
        try await guarding(change: change) { server in
            let client = try await server.stranger(query: "&token=go%6Fd")
            if isAllowed {
                try await client.join("/feed")
            } else {
                try await client.join("", isRefusedWith: "AUTH_REJECTED", "expected a token, found none")
            }
        }
    }

    @Test("What is no token is said to be none; an empty and an endless one are refused unseen")
    func noTokens() async throws {
        let porter = Porter { _ in .accept(principal: "anybody") }
        try await guarding(with: porter) { server in
            let client = try await server.stranger()
            try await client.join(#"{"token":7}"#, isRefusedWith: "INVALID_REQUEST", "expected a string as token")
            try await client.join(#"{"token":""}"#, isRefusedWith: "AUTH_REJECTED", "the token was refused")
            try await client.join("/feed")
            let endless = String(repeating: "x", count: Authenticator.maxTokenBytes + 1)
            try await client.request(
                #"["subscribe",{"topic":"snapshot","token":"\#(endless)"}]"#,
                isRefusedWith: "AUTH_REJECTED",
                "the token was refused"
            )
            porter.asked.note("nothing")
            #expect(await porter.asked.next() == "nothing")
        }
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    @Test("An error, too much time and an acceptance without a principal are refusals; none repeats the token")
    func otherRefusals() async throws {
        let porter = Porter { request in
            switch request.token {
            case "secret-1": throw Failure(description: "bad token secret-1 of \(request.namespace)")
            case "secret-2": .reject(reason: "secret-2 is unknown")
            case "secret-3": .accept(principal: "")
            case "secret-4": .accept(principal: "secret-4")
            default: .accept(principal: "alice", expiresAt: .seconds(1_000_000))
            }
        }
        let reasons = [
            "the validator porter failed: bad token … of /feed", "… is unknown", "the validator named no principal",
            "the validator named the token as its principal", "expired",
        ]
        try await guarding(with: porter) { server in
            let events = server.events()
            for (number, reason) in reasons.enumerated() {
                let client = try await server.stranger()
                let auth = #"{"token":"secret-\#(number + 1)"}"#
                try await client.join(auth, isRefusedWith: "AUTH_REJECTED", "the token was refused")
                guard case .authRejected(let event)? = await events.next({ _ in true }) else {
                    Issue.record("expected a refusal")
                    return
                }
                #expect(event.reason == reason)
            }
            #expect(server.refusedTokens == [reasons.count, 0])
        }
    }

    @Test("A validator that takes too long has refused, whether or not it lets itself be told to stop")
    func tooLong() async throws {
        let gate = Gate()
        let porter = Porter { _ in
            try await gate.passed()
            return .accept(principal: "late")
        }
        try await guarding(with: porter, change: { $0.authTimeout = .milliseconds(20) }) { server in
            let events = server.events()
            let client = try await server.stranger()
            try await client.join(#"{"token":"good"}"#, isRefusedWith: "AUTH_REJECTED", "the token was refused")
            guard case .authRejected(let event)? = await events.next({ _ in true }) else {
                Issue.record("expected a refusal")
                return
            }
            #expect(event.reason == "the validator porter took longer than 20 milliseconds (authTimeoutMs)")
            #expect(server.refusedTokens == [1, 0])
            gate.open()
        }
    }

    @Test("A client that leaves while its token is checked is forgotten, and the validator told to stop")
    func leaves() async throws {
        let stopped = Journal()
        let porter = Porter { request in
            guard request.token == "slow" else { return .accept(principal: "alice") }
            // Ends when it is cancelled.
            for await _ in AsyncStream<Never>.makeStream().stream {}
            stopped.note("stopped")
            return .accept(principal: "late")
        }
        try await guarding(with: porter) { server in
            let events = server.events()
            for departs in [true, false] {
                let client = try await server.stranger()
                client.send(#"0/feed,{"token":"slow"}"#)
                #expect(await porter.asked.next() == "connect - slow")
                if departs { client.send("1/feed,") } else { await client.drop() }
                #expect(await stopped.next() == "stopped")
                if departs {
                    try await eventually { server.pipelines["/feed"]?.counters.connections.value == 0 }
                    await client.drop()
                }
            }
            try await eventually { server.clientCount == 0 }
            let id = try await server.stranger().join("/feed", auth: #"{"token":"good"}"#)
            guard case .clientConnected(let event)? = await events.next({ _ in true }) else {
                Issue.record("expected the client that stayed, and none before")
                return
            }
            #expect(event.clientID == id)
            #expect(server.refusedTokens == [0, 0])
        }
    }

    @Test("A validator that does not answer holds up nobody else")
    func hangs() async throws {
        let gate = Gate()
        let porter = Porter { request in
            if request.token == "slow" { try await gate.passed() }
            return .accept(principal: "alice")
        }
        let one = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        try await guarding(with: porter, on: one) { server in
            let slow = try await server.stranger()
            slow.send(#"0/feed,{"token":"slow"}"#)
            #expect(await porter.asked.next() == "connect - slow")
            _ = try await server.guest("other")
            gate.open()
            #expect(try await slow.packet().hasPrefix(#"0/feed,{"sid":"#))
        }
        try await one.shutdownGracefully()
    }

    @Test("The time a client has to join goes on while its token is checked")
    func connectTimeout() async throws {
        let gate = Gate()
        let porter = Porter { _ in
            try await gate.passed()
            return .accept(principal: "late")
        }
        try await guarding(with: porter, change: { $0.connectTimeout = .milliseconds(200) }) { server in
            let client = try await server.stranger()
            client.send(#"0/feed,{"token":"slow"}"#)
            try await client.expect(.closed(1000))
            gate.open()
        }
    }

    @Test("Packets for a namespace that is still deciding end the connection")
    func early() async throws {
        let gate = Gate()
        let porter = Porter { _ in
            try await gate.passed()
            return .accept(principal: "alice")
        }
        try await guarding(with: porter) { server in
            let client = try await server.stranger()
            client.sendTogether([#"0/feed,{"token":"good"}"#, #"2/feed,["subscribe",{"topic":"snapshot"}]"#])
            try await client.expect(.closed(1002))
            gate.open()
        }
    }

    @Test("An address whose tokens were refused too often is not listened to, with a good one either")
    func rateLimit() async throws {
        let porter = Porter()
        try await guarding(with: porter, change: { $0.authRejectMaxPerWindow = 2 }) { server in
            let inside = try await server.guest()
            try await inside.subscribe(to: "snapshot")
            for expected in ["connect - good", "subscribe snapshot good"] {
                #expect(await porter.asked.next() == expected)
            }
            let client = try await server.stranger()
            for token in ["bad", "worse"] {
                try await client.join(
                    #"{"token":"\#(token)"}"#,
                    isRefusedWith: "AUTH_REJECTED",
                    "the token was refused"
                )
                #expect(await porter.asked.next() == "connect - \(token)")
            }
            let message = "too many tokens of this address were refused; try again later"
            try await client.join(#"{"token":"good"}"#, isRefusedWith: "RATE_LIMITED", message)
            try await client.join("/feed")
            try await client.request(
                #"["publish",{"topic":"snapshot","payload":1,"token":"good"}]"#,
                isRefusedWith: "RATE_LIMITED",
                message
            )
            porter.asked.note("nothing more")
            #expect(await porter.asked.next() == "nothing more")
            #expect(server.refusedTokens == [2, 2])
            // Who is known already goes on.
            try await inside.subscribe(to: "snapshot")
        }
    }

    @Test("A namespace that requires no token looks at none")
    func open() async throws {
        let porter = Porter()
        var open = feed()
        open.path = "/open"
        try await guarding(with: porter, change: { $0.namespaces.append(open) }) { server in
            let client = try await server.stranger()
            try await client.join("/open", auth: #"{"token":"BAD"}"#)
            client.send(#"2/open,["subscribe",{"topic":"snapshot","token":"BAD"}]"#)
            try await client.expect(#"2/open,["subscribed",{"topic":"snapshot"}]"#)
            porter.asked.note("nothing")
            #expect(await porter.asked.next() == "nothing")
        }
    }

    @Test("A namespace may have its tokens checked by a validator of its own")
    func ownValidator() async throws {
        let own = feed { $0.tokenValidator = PluginChoice(use: "static", options: ["tokens": ["bob": "bobs"]]) }
        try await guarding(feed: own) { server in
            let client = try await server.stranger()
            try await client.join(#"{"token":"good"}"#, isRefusedWith: "AUTH_REJECTED", "the token was refused")
            try await client.join("/feed", auth: #"{"token":"bobs"}"#)
        }
    }

    @Test("Static tokens are a validator")
    func staticTokens() async throws {
        let change = { (configuration: inout ServerConfiguration) in
            configuration.tokenValidator = nil
            configuration.staticTokens = ["alice": "one", "bob": "two"]
        }
        try await guarding(change: change) { server in
            let events = server.events()
            _ = try await server.guest("two")
            guard case .clientConnected(let event)? = await events.next({ _ in true }) else {
                Issue.record("expected a client")
                return
            }
            #expect(event.principal == "bob")
        }
    }
}
