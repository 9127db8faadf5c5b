import NIOCore
import Testing

@testable import StreamFenceDelivery

@Suite("Acknowledgement")
struct AcknowledgementTests {
    /// A client of an AT_LEAST_ONCE namespace, subscribed to `a` and `b`, whose transport takes everything.
    private func client(window: Int = 2, messages: Int = 9) -> Subscriber {
        var options = Subscriber.Options()
        options.acknowledgement = .waiting(window: window)
        let subscriber = Subscriber(messages: messages, transportTakes: 1000, options)
        subscriber.subscribe("a", "b")
        return subscriber
    }

    @Test("No more messages are sent than may await their acknowledgement")
    func window() {
        let subscriber = client(window: 2)
        subscriber.publish("1", "2", "3", "4", to: "a")
        #expect(subscriber.transport.written == ["1", "2"])
        #expect(subscriber.acknowledge("1", on: "a") == .accepted)
        #expect(subscriber.transport.written == ["1", "2", "3"])
        #expect(subscriber.counts == Counts(offered: 4, acknowledged: 1))
    }

    @Test("Acknowledgements come in any order")
    func outOfOrder() {
        let subscriber = client(window: 3)
        subscriber.publish("1", "2", "3", "4", "5", to: "a")
        #expect(subscriber.acknowledge("2", on: "a") == .accepted)
        #expect(subscriber.acknowledge("3", on: "a") == .accepted)
        #expect(subscriber.transport.written == ["1", "2", "3", "4", "5"])
        #expect(subscriber.lanes.queuedBytes == 3)
        #expect(subscriber.acknowledge("1", on: "a") == .accepted)
        #expect(subscriber.lanes.queuedBytes == 2)
    }

    @Test("Every topic has a window of its own")
    func windowsOfTopics() {
        let subscriber = client(window: 1)
        subscriber.publish("1", "2", to: "a")
        subscriber.publish("3", to: "b")
        #expect(subscriber.transport.written == ["1", "3"])
    }

    @Test("A second acknowledgement is stale, and counts nothing twice")
    func stale() {
        let subscriber = client()
        subscriber.publish("1", to: "a")
        #expect(subscriber.acknowledge("1", on: "a") == .accepted)
        #expect(subscriber.acknowledge("1", on: "a") == .stale)
        #expect(subscriber.counts == Counts(offered: 1, acknowledged: 1))
        #expect(subscriber.counters[.staleAcknowledgements] == 1)
    }

    @Test("An acknowledgement of what was never sent is foreign")
    func foreign() {
        let subscriber = client(window: 1)
        subscriber.publish("1", "2", to: "a")
        #expect(subscriber.acknowledge("2", on: "a") == .foreign)
        #expect(subscriber.lanes.acknowledge(77, on: subscriber.lane("a")) == .foreign)
        #expect(subscriber.counts == Counts(offered: 2))
    }

    @Test("An acknowledgement on another topic than the message's is foreign, and the message stays in flight")
    func otherTopic() {
        let subscriber = client()
        subscriber.publish("1", to: "a")
        subscriber.publish("2", to: "b")
        #expect(subscriber.acknowledge("1", on: "b") == .foreign)
        #expect(subscriber.acknowledge("1", on: "nowhere") == .foreign)
        #expect(subscriber.counters[.foreignAcknowledgements] == 1)
        #expect(subscriber.acknowledge("1", on: "a") == .accepted)
    }

    @Test("A packet's acknowledgement id acknowledges its message, whatever the topic")
    func shortNumber() {
        let subscriber = client()
        subscriber.publish("1", to: "a")
        let number = UInt64(7) << 31 | 5
        let message = Message("2", number: number, publishedAt: subscriber.loop.now)
        MessageBatch([message]).map { subscriber.lane("b").offer($0) }
        #expect(message.shortNumber == 5)
        #expect(!subscriber.lanes.acknowledge(shortNumber: 6))
        #expect(!subscriber.lanes.acknowledge(shortNumber: .max))
        #expect(subscriber.lanes.acknowledge(shortNumber: 5))
        #expect(!subscriber.lanes.acknowledge(shortNumber: 5))
        #expect(subscriber.lanes.acknowledge(shortNumber: 1))
        #expect(subscriber.counts == Counts(offered: 2, acknowledged: 2))
    }

    @Test("Who unsubscribes and subscribes again starts with an empty window")
    func resubscribed() {
        let subscriber = client(window: 1)
        subscriber.publish("1", "2", to: "a")
        subscriber.unsubscribe("a")
        #expect(!subscriber.lanes.acknowledge(shortNumber: subscriber.number("1")))
        subscriber.subscribe("a")
        #expect(subscriber.lanes.queuedBytes == 0)
        #expect(subscriber.acknowledge("1", on: "a") == .foreign)
        subscriber.publish("3", to: "a")
        #expect(subscriber.transport.written == ["1", "3"])
        subscriber.pass(.seconds(1))
        #expect(subscriber.transport.written == ["1", "3", "3"])
        #expect(subscriber.counts == Counts(offered: 3, discarded: 2))
    }

    @Test("What is in flight counts against the lane's limit, and is in no policy's reach")
    func inFlightCounts() {
        var options = Subscriber.Options()
        options.acknowledgement = .waiting(window: 2)
        let journal = Journal()
        options.observer = journal
        let policy = Deciding { overflow in
            journal.note(.decided(.reject(), queued: overflow.count))
            return .reject()
        }
        let subscriber = Subscriber(messages: 3, transportTakes: 1000, policy: policy, options)
        subscriber.subscribe("a")
        subscriber.publish("1", "2", "3", "4", to: "a")
        #expect(subscriber.counts == Counts(offered: 4, rejected: 1))
        let expected: [Journal.Event] = [
            .decided(.reject(), queued: 1), .overflowed(client: "bob", topic: "a", .queueFull),
        ]
        #expect(journal.take() == expected)
        #expect(subscriber.lane("a").names == ["3"])
    }
}

extension AcknowledgementSettings {
    /// A second for each acknowledgement, and two retries, unless something else is said.
    static func waiting(
        window: Int = 1,
        retries: Int = 2,
        _ timeout: TimeAmount = .seconds(1),
        multiplier: Double = 1,
        atMost maxDelay: TimeAmount = .seconds(60)
    ) -> AcknowledgementSettings {
        AcknowledgementSettings(
            maxInFlight: window,
            maxRetries: retries,
            timeout: timeout,
            multiplier: multiplier,
            maxDelay: maxDelay
        )
    }
}
