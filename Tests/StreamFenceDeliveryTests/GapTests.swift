import StreamFencePluginKit
import Testing

@testable import StreamFenceDelivery

@Suite("Telling of gaps")
struct GapTests {
    private func client(messages: Int = 3, _ decision: OverflowDecision) -> Subscriber {
        var options = Subscriber.Options()
        options.notifiesGaps = true
        let subscriber = Subscriber(messages: messages, policy: Deciding { _ in decision }, options)
        subscriber.subscribe("a", "b")
        return subscriber
    }

    @Test("What was rejected is told before the message that comes after it")
    func rejected() {
        let subscriber = client(.reject())
        subscriber.publish("1", "2", "3", "x", "y", to: "a")
        subscriber.transportTakes(1)
        subscriber.publish("4", to: "a")
        subscriber.transportTakes(99)
        #expect(subscriber.transport.written == ["1", "2", "3", "gap(2 overflow)", "4"])
        subscriber.publish("5", to: "a")
        #expect(subscriber.transport.written.last == "5")
    }

    @Test("What was evicted is told before the message that stood behind it, and adds up")
    func evicted() {
        let subscriber = client(.evict(at: 1))
        subscriber.publish("1", "2", "3", "4", "5", to: "a")
        subscriber.transportTakes(99)
        #expect(subscriber.transport.written == ["1", "gap(2 overflow)", "4", "5"])
    }

    @Test("What was evicted at the end is told before the newcomer")
    func evictedLast() {
        let subscriber = client(.evict(at: 2))
        subscriber.publish("1", "2", "3", "4", to: "a")
        subscriber.transportTakes(99)
        #expect(subscriber.transport.written == ["1", "2", "gap(1 overflow)", "4"])
    }

    @Test("What a snapshot stands for is no loss, but what was lost before it is")
    func replacedAll() {
        let subscriber = client(messages: 2, .evictAll)
        subscriber.publish("1", String(repeating: "x", count: 1001), "2", "3", to: "a")
        subscriber.transportTakes(99)
        #expect(subscriber.transport.written == ["gap(1 overflow)", "3"])
        #expect(subscriber.counts == Counts(offered: 4, delivered: 1, replaced: 2, rejected: 1))
    }

    @Test("A topic is told of its own losses only")
    func otherTopic() {
        let subscriber = client(messages: 1, .reject())
        subscriber.publish("1", "x", to: "a")
        subscriber.publish("2", to: "b")
        subscriber.transportTakes(99)
        subscriber.publish("3", to: "b")
        subscriber.publish("4", to: "a")
        #expect(subscriber.transport.written == ["1", "2", "3", "gap(1 overflow)", "4"])
    }

    @Test("Who subscribes again is not told of what was lost before")
    func resubscribed() {
        let subscriber = client(messages: 1, .reject())
        subscriber.publish("1", "x", to: "a")
        subscriber.unsubscribe("a")
        subscriber.subscribe("a")
        subscriber.transportTakes(99)
        subscriber.publish("2", to: "a")
        #expect(subscriber.transport.written == ["2"])
    }

    @Test("A gap gives the reason of the first that is missing, whatever was lost after it")
    func firstReason() {
        var options = Subscriber.Options()
        options.notifiesGaps = true
        options.acknowledgement = .waiting(retries: 1)
        let subscriber = Subscriber(messages: 1, transportTakes: 99, options)
        subscriber.subscribe("a")
        subscriber.publish("1", "x", to: "a")
        subscriber.pass(.seconds(2))
        subscriber.publish("2", to: "a")
        #expect(subscriber.transport.written == ["1", "1", "gap(2 retry_exhausted)", "2"])
    }

    @Test("Clients that are not told hear of no gap")
    func notTold() {
        let subscriber = Subscriber(messages: 1)
        subscriber.subscribe("a")
        subscriber.publish("1", "x", to: "a")
        subscriber.transportTakes(99)
        subscriber.publish("2", to: "a")
        #expect(subscriber.transport.written == ["1", "2"])
    }
}
