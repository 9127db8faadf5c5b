import StreamFenceTestClient
import Testing

@testable import StreamFence

@Suite("The events of messages on their way", .timeLimit(.minutes(5)))
struct DeliveryEventTests {
    private func acknowledged(_ change: (inout NamespaceConfiguration) -> Void) -> NamespaceConfiguration {
        feed {
            $0.deliveryMode = .atLeastOnce
            $0.maxRetries = 2
            change(&$0)
        }
    }

    /// Those of lanes, as they come.
    private func next(_ events: ServerEvents) async -> ServerEvent? {
        await events.next { event in
            switch event {
            case .retry, .retryExhausted, .queueOverflow: true
            default: false
            }
        }
    }

    @Test("A message that nobody acknowledges is told each time it is sent again, by number, and when it is given up")
    func retries() async throws {
        try await serving(acknowledged { $0.ackTimeout = .milliseconds(1) }) { server in
            let events = server.events()
            let client = try await TestClient.connect(to: server.port, on: loops)
            let id = try await client.join("/feed")
            try await client.subscribe(to: "snapshot")
            let message = try server.publish("/feed", "snapshot", 1).messageID
            for number in 1...2 {
                let retry = RetryEvent(
                    namespace: "/feed",
                    clientID: id,
                    topic: "snapshot",
                    messageID: message,
                    retryCount: number
                )
                #expect(await next(events) == .retry(retry))
            }
            let end = RetryExhaustedEvent(
                namespace: "/feed",
                clientID: id,
                topic: "snapshot",
                messageID: message,
                retryCount: 2
            )
            #expect(await next(events) == .retryExhausted(end))
        }
    }

    @Test("A message that finds no room is told with its subscriber, its topic and the limit that it met")
    func overflow() async throws {
        let namespace = acknowledged {
            $0.ackTimeout = .seconds(1000)
            $0.maxQueuedMessagesPerClient = 1
        }
        try await serving(namespace) { server in
            let events = server.events()
            let client = try await TestClient.connect(to: server.port, on: loops)
            let id = try await client.join("/feed")
            try await client.subscribe(to: "trades")
            // The first awaits its acknowledgement, and is all that the lane may hold.
            for number in 1...2 { try server.publish("/feed", "trades", number) }
            let expected = QueueOverflowEvent(
                namespace: "/feed",
                clientID: id,
                topic: "trades",
                reason: .queueFull,
                messages: 1,
                detail: nil
            )
            #expect(await next(events) == .queueOverflow(expected))
        }
    }
}
