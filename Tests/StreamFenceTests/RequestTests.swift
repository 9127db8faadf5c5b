import NIOCore
import StreamFence
import StreamFenceTestClient
import Testing

@Suite("Requests and answers", .timeLimit(.minutes(5)))
struct RequestTests {
    @Test(
        "Subscribing and unsubscribing are answered, with an acknowledgement where one is asked for",
        arguments: [
            (#"2/feed,["subscribe",{"topic":"snapshot"}]"#, [#"2/feed,["subscribed",{"topic":"snapshot"}]"#]),
            (
                #"2/feed,5["subscribe",{"token":"t","topic":"trades"},"more"]"#,
                [#"2/feed,["subscribed",{"topic":"trades"}]"#, #"3/feed,5[{"ok":true,"topic":"trades"}]"#]
            ),
            (#"2/feed,["unsubscribe",{"topic":"snapshot"}]"#, [#"2/feed,["unsubscribed",{"topic":"snapshot"}]"#]),
            (
                #"2/feed,6["unsubscribe",{"topic":"trades"}]"#,
                [#"2/feed,["unsubscribed",{"topic":"trades"}]"#, #"3/feed,6[{"ok":true,"topic":"trades"}]"#]
            ),
            (
                #"2/feed,7["ack",{"topic":"snapshot","messageId":"x-1"}]"#,
                [#"3/feed,7[{"ok":true,"topic":"snapshot","acknowledged":false}]"#]
            ),
            (#"2/feed,["ack",{"topic":"snapshot","messageId":"x-1"}]"#, []),
            (#"2/feed,["publish",{"topic":"snapshot","payload":1}]"#, []),
            (#"2/feed,["publish",{"topic":"snapshot","payload":null,"key":null,"token":null}]"#, []),
        ]
    )
    func answers(request: String, expected: [String]) async throws {
        try await serving { server in
            let client = try await server.client()
            client.send(request)
            for answer in expected { try await client.expect(answer) }
            try await client.expectNothing()
        }
    }

    @Test(
        "A request that can't be carried out is answered with its code and what was expected",
        arguments: [
            (#""subscribe",{"topic":"nope"}"#, "UNKNOWN_TOPIC", "/feed has no such topic"),
            (#""unsubscribe",{"topic":"nope"}"#, "UNKNOWN_TOPIC", "/feed has no such topic"),
            (#""publish",{"topic":"nope","payload":1}"#, "UNKNOWN_TOPIC", "/feed has no such topic"),
            (#""ack",{"topic":"nope","messageId":"1"}"#, "UNKNOWN_TOPIC", "/feed has no such topic"),
            (#""subscribe""#, "INVALID_REQUEST", "subscribe: expected an object as the argument"),
            (#""subscribe","snapshot""#, "INVALID_REQUEST", "subscribe: expected an object as the argument"),
            (#""subscribe",{}"#, "INVALID_REQUEST", "subscribe: expected a string as topic"),
            (#""subscribe",{"topic":["snapshot"]}"#, "INVALID_REQUEST", "subscribe: expected a string as topic"),
            (#""subscribe",{"topic":"snapshot","token":1}"#, "INVALID_REQUEST", "expected a string as token"),
            (#""unsubscribe",{"topic":1}"#, "INVALID_REQUEST", "unsubscribe: expected a string as topic"),
            (#""publish",{"topic":"snapshot"}"#, "INVALID_REQUEST", "publish: expected payload, found none"),
            (#""publish",{"payload":1}"#, "INVALID_REQUEST", "publish: expected a string as topic"),
            (
                #""publish",{"topic":"snapshot","payload":1,"key":2}"#, "INVALID_REQUEST",
                "publish: expected a string as key"
            ),
            (
                #""publish",{"topic":"snapshot","payload":1,"token":[]}"#, "INVALID_REQUEST",
                "expected a string as token"
            ),
            (#""ack",{"topic":"snapshot"}"#, "INVALID_REQUEST", "ack: expected a string as messageId"),
            (#""auth",{"token":"secret"}"#, "INVALID_REQUEST", "this namespace requires no token"),
            (
                #""constructor",{}"#, "INVALID_REQUEST",
                "expected subscribe, unsubscribe, publish, ack or auth, found another event"
            ),
            ("1", "INVALID_REQUEST", "expected subscribe, unsubscribe, publish, ack or auth, found another event"),
        ]
    )
    func refusals(request: String, code: String, message: String) async throws {
        try await serving { server in
            let client = try await server.client()
            client.send("2/feed,1[\(request)]")
            try await client.expect(#"2/feed,["error",{"code":"\#(code)","message":"\#(message)"}]"#)
            try await client.expect(#"3/feed,1[{"ok":false,"code":"\#(code)","message":"\#(message)"}]"#)
            client.send("2/feed,[\(request)]")
            try await client.expect(#"2/feed,["error",{"code":"\#(code)","message":"\#(message)"}]"#)
            try await client.expectNothing()
        }
    }

    @Test("A second subscribe keeps the lane; one unsubscribe ends it")
    func idempotent() async throws {
        try await serving { server in
            let client = try await server.subscriber(to: "snapshot", "snapshot", "trades", "snapshot")
            #expect(try server.publish("/feed", "snapshot", 1).recipients == 1)
            try await client.expect(#"2/feed,["snapshot",1]"#)
            for _ in 0..<2 {
                client.send(#"2/feed,["unsubscribe",{"topic":"snapshot"}]"#)
                try await client.expect(#"2/feed,["unsubscribed",{"topic":"snapshot"}]"#)
            }
            #expect(try server.publish("/feed", "snapshot", 2).recipients == 0)
            #expect(try server.publish("/feed", "trades", 3).recipients == 1)
            try await client.expect(#"2/feed,["trades",3]"#)
        }
    }

    @Test("A namespace without polling refuses a client on polling with a code it can act on")
    func transportRejected() async throws {
        try await serving(feed { $0.allowPolling = false }) { server in
            let poller = try await PollingClient(port: server.port, namespace: "/feed")
            #expect(
                poller.answer
                    == #"44/feed,{"message":"/feed is served over websocket only","#
                    + #""data":{"code":"TRANSPORT_REJECTED","transports":["websocket"]}}"#
            )
            _ = try await server.client()
        }
    }

    @Test("Two namespaces of a connection share nothing but the connection")
    func twoNamespaces() async throws {
        var other = feed()
        other.path = "/other"
        let both = try server(feed(), other)
        try await both.start()
        let client = try await both.subscriber(to: "snapshot")
        try await client.join("/other")
        #expect(try both.publish("/other", "snapshot", 1).recipients == 0)
        client.send(#"2/other,["subscribe",{"topic":"snapshot"}]"#)
        try await client.expect(#"2/other,["subscribed",{"topic":"snapshot"}]"#)
        try both.publish("/other", "snapshot", 2)
        try await client.expect(#"2/other,["snapshot",2]"#)
        client.send("1/feed,")
        client.send(#"2/other,["subscribe",{"topic":"snapshot"}]"#)
        try await client.expect(#"2/other,["subscribed",{"topic":"snapshot"}]"#)
        #expect(try both.publish("/feed", "snapshot", 3).recipients == 0)
        #expect(try both.publish("/other", "snapshot", 4).recipients == 1)
        try await client.expect(#"2/other,["snapshot",4]"#)
        try await both.stop()
    }
}
