import NIOCore
import StreamFence
import StreamFenceSocketIO
import StreamFenceTestClient
import Testing

@Suite("Publishing by the application", .timeLimit(.minutes(5)))
struct PublishTests {
    struct Price: Codable, Equatable {
        var price: Double
    }

    @Test("A message reaches every subscriber of its topic and nobody else")
    func publish() async throws {
        try await serving { server in
            let subscribers = [
                try await server.subscriber(to: "snapshot"), try await server.subscriber(to: "snapshot"),
            ]
            let other = try await server.subscriber(to: "trades")
            let first = try server.publish("/feed", "snapshot", Price(price: 42.5))
            let second = try server.publish(
                "/feed",
                "snapshot",
                payload: MessagePayload(json: ByteBuffer(string: " [1 ] "))
            )
            #expect(first.recipients == 2)
            #expect(second.recipients == 2)
            #expect(first.messageID != second.messageID)
            for subscriber in subscribers {
                try await subscriber.expect(#"2/feed,["snapshot",{"price":42.5}]"#)
                try await subscriber.expect(#"2/feed,["snapshot",[1 ]]"#)
                try await subscriber.expectNothing()
            }
            try await other.expectNothing()
        }
    }

    @Test("Bytes travel as an attachment")
    func binary() async throws {
        try await serving { server in
            let client = try await server.subscriber(to: "snapshot")
            try server.publish("/feed", "snapshot", payload: MessagePayload(binary: ByteBuffer(bytes: [1, 2])))
            try await client.expect(#"51-/feed,["snapshot",{"_placeholder":true,"num":0}]"#)
            try await client.expect(.attachment(ByteBuffer(bytes: [1, 2])))
        }
    }

    @Test("A message to one client reaches that client only")
    func publishTo() async throws {
        try await serving { server in
            let client = try await TestClient.connect(to: server.port, on: loops)
            let id = try await client.join("/feed")
            let other = try await server.subscriber(to: "snapshot")
            #expect(throws: PublishError.self) { try server.publishTo("/feed", id, "snapshot", 1) }
            try await client.subscribe(to: "snapshot")
            #expect(try server.publishTo("/feed", id, "snapshot", 2).recipients == 1)
            try server.publish("/feed", "snapshot", 3)
            try await client.expect(#"2/feed,["snapshot",2]"#)
            try await client.expect(#"2/feed,["snapshot",3]"#)
            try await other.expect(#"2/feed,["snapshot",3]"#)
            await client.drop()
            try await eventually { server.clientCount == 1 }
            try await turnAll()
            #expect { try server.publishTo("/feed", id, "snapshot", 4) } throws: { error in
                (error as? PublishError)?.description == "NOT_SUBSCRIBED: \(id) is not subscribed to snapshot"
            }
        }
    }

    @Test("What can't be published is refused with a code")
    func refusals() throws {
        let server = try server(feed { $0.maxQueuedBytesPerClient = 100 })
        func code(_ body: () throws -> Void) -> String {
            do { try body() } catch let error as PublishError { return error.code.description } catch {
                return "\(error)"
            }
            return "-"
        }
        #expect(code { try server.publish("/nope", "snapshot", 1) } == "UNKNOWN_NAMESPACE")
        #expect(code { try server.publish("/feed", "nope", 1) } == "UNKNOWN_TOPIC")
        #expect(code { try server.publishTo("/feed", "x", "nope", 1) } == "UNKNOWN_TOPIC")
        #expect(code { try server.onMessage("/feed", "nope") { _, _ in } } == "UNKNOWN_TOPIC")
        #expect(code { _ = try server.deliveryCounts("/nope", "a") } == "UNKNOWN_NAMESPACE")
        let large = String(repeating: "x", count: 100)
        #expect(code { try server.publish("/feed", "snapshot", large) } == "PAYLOAD_TOO_LARGE")
        #expect(code { try server.publishTo("/feed", "x", "snapshot", large) } == "PAYLOAD_TOO_LARGE")
        #expect(code { try server.publish("/feed", "snapshot", 1) } == "-")
        #expect(throws: JSONError.self) { try MessagePayload(json: ByteBuffer(string: "{")) }
    }
}

@Suite("Publishing by clients", .timeLimit(.minutes(5)))
struct ClientPublishTests {
    private func publish(_ payload: String, id: String = "") -> String {
        "2/feed,\(id)[\"publish\",{\"topic\":\"snapshot\",\"payload\":\(payload)}]"
    }

    @Test("A message is relayed byte for byte, to its sender as well, and acknowledged with the number of recipients")
    func relay() async throws {
        try await serving { server in
            let sender = try await server.subscriber(to: "snapshot")
            let receiver = try await server.subscriber(to: "snapshot")
            let payload = #"{ "a":1.50e+1 ,"\u0041":"\/ü" , "a": [ ] }"#
            sender.send(publish(payload, id: "3"))
            let acknowledgement = try await sender.packet()
            #expect(acknowledgement.hasPrefix(#"3/feed,3[{"ok":true,"messageId":""#))
            #expect(acknowledgement.hasSuffix(#"","recipients":2}]"#))
            try await sender.expect("2/feed,[\"snapshot\",\(payload)]")
            try await receiver.expect("2/feed,[\"snapshot\",\(payload)]")
            #expect(try server.deliveryCounts("/feed", "snapshot").received == 1)
        }
    }

    @Test("Attachments are relayed with the payload")
    func attachments() async throws {
        try await serving { server in
            let client = try await server.subscriber(to: "snapshot")
            let payload = #"[{"num":1,"_placeholder":true}, {"_placeholder":true,"num":0 }]"#
            let attachments = [ByteBuffer(bytes: [0, 255]), ByteBuffer()]
            client.send("52-" + publish(payload).dropFirst(), attachments: attachments[0], attachments[1])
            try await client.expect("52-/feed,[\"snapshot\",\(payload)]")
            try await client.expect(.attachment(attachments[0]))
            try await client.expect(.attachment(attachments[1]))
        }
    }

    @Test(
        "An attachment outside the payload is refused: subscribers would get it without its place",
        arguments: [
            #"51-/feed,["publish",{"topic":"snapshot","payload":1,"x":{"_placeholder":true,"num":0}}]"#,
            #"51-/feed,["publish",{"topic":"snapshot","payload":1},{"_placeholder":true,"num":0}]"#,
            #"51-/feed,["publish",{"topic":"snapshot","payload":{"_placeholder":true,"num":0},"payload":1}]"#,
        ]
    )
    func strayAttachments(packet: String) async throws {
        try await serving { server in
            let client = try await server.subscriber(to: "snapshot")
            client.send(packet, attachments: ByteBuffer(bytes: [1]))
            let answer = try await client.packet()
            #expect(answer.hasPrefix(#"2/feed,["error",{"code":"INVALID_REQUEST""#))
            try await client.expectNothing()
        }
    }

    @Test("A message larger than any lane is refused")
    func tooLarge() async throws {
        try await serving(feed { $0.maxQueuedBytesPerClient = 100 }) { server in
            let client = try await server.subscriber(to: "snapshot")
            client.send(publish("\"\(String(repeating: "x", count: 100))\""))
            try await client.expect(
                #"2/feed,["error",{"code":"PAYLOAD_TOO_LARGE","message":"expected at most 100 bytes, found 125"}]"#
            )
            try await client.expectNothing()
        }
    }

    @Test("Where clients may not publish they are told so, and no handler is asked")
    func deny() async throws {
        try await serving(feed { $0.clientPublish = .deny }) { server in
            try server.onMessage("/feed", "snapshot") { _, _ in Issue.record("handled") }
            let client = try await server.subscriber(to: "snapshot")
            client.send(publish("1", id: "1"))
            let error = #""code":"PUBLISH_DENIED","message":"clients may not publish in /feed"}]"#
            try await client.expect(#"2/feed,["error",{"# + error)
            try await client.expect(#"3/feed,1[{"ok":false,"# + error)
            #expect(try server.publish("/feed", "snapshot", 1).recipients == 1)
            try await client.expect(#"2/feed,["snapshot",1]"#)
        }
    }

    @Test("Where messages are only handled, nobody receives them, and without a handler they are refused")
    func handleOnly() async throws {
        let journal = Journal()
        try await serving(feed { $0.clientPublish = .handle }) { server in
            let client = try await server.subscriber(to: "snapshot")
            client.send(publish("1"))
            try await client.expect(
                #"2/feed,["error",{"code":"PUBLISH_DENIED","message":"nothing handles messages on this topic"}]"#
            )
            try server.onMessage("/feed", "snapshot") { payload, _ in journal.note(payload.json.json) }
            client.send(publish("2", id: "2"))
            #expect(try await client.packet().hasSuffix(#""recipients":0}]"#))
            #expect(await journal.next() == "2")
            try await client.expectNothing()
        }
    }

    @Test("A handler gets a client's messages in order, with where they came from")
    func handler() async throws {
        let journal = Journal()
        try await serving { server in
            try server.onMessage("/feed", "snapshot") { payload, context in
                await Task.yield()
                #expect(context.receivedAt > .seconds(1_700_000_000))
                let place = "\(context.namespace) \(context.topic) \(context.principal ?? "-") \(context.clientID)"
                journal.note("\(try payload.decode(Int.self)) \(place)")
            }
            let client = try await TestClient.connect(to: server.port, on: loops)
            let id = try await client.join("/feed")
            client.sendTogether((0..<50).map { publish("\($0)") })
            for number in 0..<50 { #expect(await journal.next() == "\(number) /feed snapshot - \(id)") }
        }
    }

    private struct Failure: Error {}

    @Test("ACK_ON_RECEIPT acknowledges before the handler is done, and whatever becomes of it")
    func ackOnReceipt() async throws {
        let gate = Gate()
        try await serving { server in
            try server.onMessage("/feed", "snapshot") { _, _ in
                try await gate.passed()
                throw Failure()
            }
            let client = try await server.client()
            client.send(publish("1", id: "1"))
            #expect(try await client.packet().hasPrefix(#"3/feed,1[{"ok":true,"#))
            gate.open()
            try await client.expectNothing()
        }
    }

    @Test("ACK_AFTER_HANDLER_SUCCESS acknowledges when the handler is done, and what it threw stays on the server")
    func ackAfterHandler() async throws {
        let gate = Gate()
        try await serving(feed { $0.inboundAckPolicy = .ackAfterHandlerSuccess }) { server in
            try server.onMessage("/feed", "snapshot") { payload, _ in
                try await gate.passed()
                if payload.json.int == 2 { throw Failure() }
            }
            let client = try await server.subscriber(to: "trades")
            client.send(publish("1", id: "1"))
            client.send(publish("2", id: "2"))
            try await client.expectNothing()
            gate.open()
            #expect(try await client.packet().hasPrefix(#"3/feed,1[{"ok":true,"#))
            try await client.expect(
                #"3/feed,2[{"ok":false,"code":"PUBLISH_DENIED","message":"the message could not be handled"}]"#
            )
            client.send(#"2/feed,3["publish",{"topic":"trades","payload":"no handler"}]"#)
            #expect(try await client.packet().hasPrefix(#"3/feed,3[{"ok":true,"#))
        }
    }

    @Test("What a handler refuses reaches nobody, where its success is waited for")
    func refusedByHandler() async throws {
        try await serving(feed { $0.inboundAckPolicy = .ackAfterHandlerSuccess }) { server in
            try server.onMessage("/feed", "snapshot") { payload, _ in
                if payload.json.int == 2 { throw Failure() }
            }
            let client = try await server.client()
            let subscriber = try await server.subscriber(to: "snapshot")
            for number in 1...3 { client.send(publish("\(number)", id: "\(number)")) }
            try await subscriber.expect(#"2/feed,["snapshot",1]"#)
            try await subscriber.expect(#"2/feed,["snapshot",3]"#)
            #expect(try await client.packet().hasSuffix(#""recipients":1}]"#))
            #expect(try await client.packet().hasPrefix(#"3/feed,2[{"ok":false,"#))
            #expect(try await client.packet().hasSuffix(#""recipients":1}]"#))
            #expect(try server.deliveryCounts("/feed", "snapshot").offered == 2)
        }
    }

    @Test("A client whose messages wait for their handler too long is refused further ones")
    func handlerOverflow() async throws {
        let gate = Gate()
        try await serving(feed { $0.clientPublish = .handle }) { server in
            try server.onMessage("/feed", "snapshot") { _, _ in try await gate.passed() }
            let client = try await server.client()
            // One is being handled, 256 wait.
            client.sendTogether((0..<258).map { _ in publish("1") })
            #expect(try await client.packet().hasPrefix(#"2/feed,["error",{"code":"QUEUE_OVERFLOW""#))
            try await client.expectNothing()
            await client.drop()
            gate.open()
        }
    }
}
