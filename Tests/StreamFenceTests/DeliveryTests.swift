import NIOCore
import NIOPosix
import StreamFence
import StreamFenceSocketIO
import StreamFenceTestClient
import Testing

@Suite("Delivery", .timeLimit(.minutes(2)))
struct DeliveryTests {
    /// 64 KiB of JSON: a few hundred are more than the kernel holds for a connection.
    private let bulk = "\"\(String(repeating: "x", count: 65_534))\""

    @Test(
        "A subscriber that never reads holds a bounded number of messages and costs the others nothing",
        arguments: [
            OverflowAction.rejectNew, .dropOldest,
        ]
    )
    func neverReads(action: OverflowAction) async throws {
        let limit = 5
        let published = 300
        let namespace = feed {
            $0.maxQueuedMessagesPerClient = limit
            $0.overflowAction = action
        }
        try await serving(namespace) { server in
            let stuck = try await server.subscriber(to: "snapshot")
            try await stuck.setReading(false)
            let payload = try MessagePayload(json: ByteBuffer(string: bulk))
            let reader = try await server.subscriber(to: "snapshot")
            for _ in 0..<published {
                #expect(try server.publish("/feed", "snapshot", payload: payload).recipients == 2)
                #expect(try await reader.packet().utf8.count > bulk.utf8.count)
            }
            try await turnAll()
            let counts = try server.deliveryCounts("/feed", "snapshot")
            #expect(counts.offered == 2 * published)
            let lost = action == .rejectNew ? counts.rejected : counts.dropped
            #expect(counts.rejected + counts.dropped == lost)
            #expect(lost > 0)
            #expect(counts.offered - counts.delivered - lost == limit)

            await stuck.drop()
            try await eventually { server.clientCount == 1 }
            try await turnAll()
            let final = try server.deliveryCounts("/feed", "snapshot")
            #expect(final.discarded == limit)
            #expect(final.offered == final.delivered + lost + final.discarded)
            #expect(try server.publish("/feed", "snapshot", 1).recipients == 1)
        }
    }

    @Test("A subscriber that reads again gets what its lane kept: the newest, with DROP_OLDEST")
    func readsAgain() async throws {
        let namespace = feed {
            $0.maxQueuedMessagesPerClient = 5
            $0.overflowAction = .dropOldest
        }
        try await serving(namespace) { server in
            let client = try await server.subscriber(to: "snapshot")
            try await client.setReading(false)
            let filler = String(repeating: "x", count: 65_536)
            for number in 0..<300 { try server.publish("/feed", "snapshot", ["\(number)", filler]) }
            try await turnAll()
            try await client.setReading(true)
            var last = -1
            while last < 299 {
                let number = try #require(Int(try await client.packet().dropFirst(21).prefix { $0 != "\"" }))
                #expect(number > last)
                last = number
            }
            let counts = try server.deliveryCounts("/feed", "snapshot")
            #expect(counts.dropped > 0)
            #expect(counts.offered == counts.delivered + counts.dropped)
        }
    }

    @Test("Subscribers on two loops see the messages of several publishers in one order")
    func totalOrder() async throws {
        let namespace = feed {
            $0.maxQueuedMessagesPerClient = 100_000
            $0.maxQueuedBytesPerClient = 1 << 30
        }
        // Not shared with other tests, so that consecutive connections live on different loops.
        let ownLoops = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        try await serving(namespace, on: ownLoops) { server in
            let subscribers = [
                try await server.subscriber(to: "snapshot"), try await server.subscriber(to: "snapshot"),
            ]
            let publishers = [try await server.client(), try await server.client()]
            let each = 300
            try await withThrowingTaskGroup(of: Void.self) { group in
                for name in ["a", "b"] {
                    group.addTask {
                        for number in 0..<each { try server.publish("/feed", "snapshot", "\(name)\(number)") }
                    }
                }
                for (name, client) in zip(["c", "d"], publishers) {
                    group.addTask {
                        for number in 0..<each {
                            client.send(
                                "2/feed,[\"publish\",{\"topic\":\"snapshot\",\"payload\":\"\(name)\(number)\"}]"
                            )
                        }
                    }
                }
                try await group.waitForAll()
            }
            var orders: [[String]] = []
            for subscriber in subscribers {
                var order: [String] = []
                for _ in 0..<(4 * each) {
                    order.append(String(try await subscriber.packet().dropFirst(20).dropLast(2)))
                }
                orders.append(order)
            }
            #expect(orders[0] == orders[1])
            for name in ["a", "b", "c", "d"] {
                #expect(orders[0].filter { $0.hasPrefix(name) } == (0..<each).map { "\(name)\($0)" })
            }
        }
        try await ownLoops.shutdownGracefully()
    }

    @Test("Messages of one tick on several topics arrive, each topic's in order")
    func mixedTopics() async throws {
        try await serving { server in
            let client = try await server.subscriber(to: "snapshot", "trades")
            let topics = ["snapshot", "trades", "trades", "snapshot", "trades", "snapshot"]
            for (number, topic) in topics.enumerated() { try server.publish("/feed", topic, number) }
            var seen: [String: [String]] = [:]
            for _ in topics {
                let words = try await client.packet().split(separator: "\"")
                seen[String(words[1]), default: []].append(words[2].trimmingPrefix(",").dropLast().description)
            }
            #expect(seen == ["snapshot": ["0", "3", "5"], "trades": ["1", "2", "4"]])
        }
    }

    @Test("What was published before a client subscribed is not for it; what was published after is")
    func subscribingMidstream() async throws {
        try await serving { server in
            let early = try await server.subscriber(to: "snapshot")
            let late = try await server.client()
            late.sendTogether([
                #"2/feed,["publish",{"topic":"snapshot","payload":1}]"#, #"2/feed,["subscribe",{"topic":"snapshot"}]"#,
                #"2/feed,["publish",{"topic":"snapshot","payload":2}]"#,
            ])
            try await early.expect(#"2/feed,["snapshot",1]"#)
            try await early.expect(#"2/feed,["snapshot",2]"#)
            try await late.expect(#"2/feed,["subscribed",{"topic":"snapshot"}]"#)
            try await late.expect(#"2/feed,["snapshot",2]"#)
        }
    }
}
