import Testing

@testable import StreamFenceDelivery

@Suite("Coalescing before the queue is full")
struct CoalescingTests {
    private func client(bytes: Int = 1000, gaps: Bool = false) -> Subscriber {
        var options = Subscriber.Options()
        options.coalesces = true
        options.notifiesGaps = gaps
        let subscriber = Subscriber(messages: 4, bytes: bytes, options)
        subscriber.subscribe("a")
        return subscriber
    }

    @Test("A message takes the place of the newest waiting one of its key")
    func sameKey() {
        let subscriber = client()
        subscriber.publish("1", to: "a", key: "red")
        subscriber.publish("2", to: "a", key: "blue")
        subscriber.publish("3", to: "a", key: "red")
        subscriber.transportTakes(9)
        #expect(subscriber.transport.written == ["3", "2"])
        #expect(subscriber.counts == Counts(offered: 3, delivered: 2, coalesced: 1))
    }

    @Test("Messages without a key are all about their topic")
    func noKey() {
        let subscriber = client()
        subscriber.publish("1", "2", "3", to: "a")
        subscriber.transportTakes(9)
        #expect(subscriber.transport.written == ["3"])
    }

    @Test("What has been written is not replaced")
    func written() {
        let subscriber = client()
        subscriber.publish("1", to: "a", key: "red")
        subscriber.transportTakes(1)
        subscriber.publish("2", to: "a", key: "red")
        subscriber.transportTakes(9)
        #expect(subscriber.transport.written == ["1", "2"])
        #expect(subscriber.counts == Counts(offered: 2, delivered: 2))
    }

    @Test("Where the place is too small, the message goes to the end, and the bytes are those of what waits")
    func tooLarge() {
        let subscriber = client(bytes: 6)
        subscriber.publish("111", to: "a", key: "red")
        subscriber.publish("2", to: "a", key: "red")
        #expect(subscriber.lanes.queuedBytes == 1)
        subscriber.publish("33333", to: "a", key: "blue")
        subscriber.publish("44", to: "a", key: "red")
        #expect(subscriber.lanes.queuedBytes == 6)
        #expect(subscriber.counts == Counts(offered: 4, coalesced: 1, rejected: 1))
    }

    @Test("The client is not told of what was coalesced, but still of what was lost before it")
    func gapStays() {
        let subscriber = client(bytes: 4, gaps: true)
        subscriber.publish("1111", to: "a", key: "red")
        subscriber.publish("22222", to: "a", key: "blue")
        subscriber.transportTakes(4)
        subscriber.publish("3", to: "a", key: "red")
        subscriber.publish("4", to: "a", key: "red")
        subscriber.transportTakes(99)
        #expect(subscriber.transport.written == ["1111", "gap(1 overflow)", "4"])
    }
}
