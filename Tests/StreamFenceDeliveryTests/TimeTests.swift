import NIOCore
import Testing

@testable import StreamFenceDelivery

@Suite("Messages that grow old")
struct TimeToLiveTests {
    private func client(gaps: Bool = false) -> Subscriber {
        var options = Subscriber.Options()
        options.timeToLive = .milliseconds(100)
        options.notifiesGaps = gaps
        let subscriber = Subscriber(messages: 4, options)
        subscriber.subscribe("a")
        return subscriber
    }

    @Test("A message that is too old when its turn comes is not sent")
    func expired() {
        let subscriber = client()
        subscriber.publish("1", "2", to: "a")
        subscriber.pass(.milliseconds(100))
        subscriber.publish("3", to: "a")
        subscriber.transportTakes(1)
        #expect(subscriber.transport.written == ["1"])
        subscriber.pass(.nanoseconds(1))
        subscriber.transportTakes(9)
        #expect(subscriber.transport.written == ["1", "3"])
        #expect(subscriber.counts == Counts(offered: 3, delivered: 2, expired: 1))
        #expect(subscriber.lanes.queuedBytes == 0)
    }

    @Test("Where all are too old, the client is told before whatever comes next")
    func gap() {
        let subscriber = client(gaps: true)
        subscriber.publish("1", "2", to: "a")
        subscriber.pass(.milliseconds(101))
        subscriber.transportTakes(99)
        #expect(subscriber.transport.log.isEmpty)
        #expect(subscriber.writer.held == 0)
        subscriber.publish("3", to: "a")
        #expect(subscriber.transport.written == ["gap(2 expired)", "3"])
    }

    @Test("What was lost before a message is told all the same where that grows too old")
    func gapBeforeExpired() {
        let subscriber = client(gaps: true)
        subscriber.publish("1", "2", "3", "4", "x", to: "a")
        subscriber.transportTakes(4)
        subscriber.publish("5", to: "a")
        subscriber.pass(.milliseconds(101))
        subscriber.transportTakes(99)
        subscriber.publish("6", to: "a")
        #expect(subscriber.transport.written == ["1", "2", "3", "4", "gap(2 overflow)", "6"])
    }

    @Test("A loss that came later does not change why the first of the missing is missing")
    func reasonOfFirst() {
        let subscriber = client(gaps: true)
        subscriber.publish("1", "2", "3", "4", "5", to: "a")
        subscriber.pass(.milliseconds(101))
        subscriber.transportTakes(99)
        subscriber.publish("6", to: "a")
        #expect(subscriber.transport.written == ["gap(5 expired)", "6"])
    }
}

@Suite("The shortest time between messages")
struct MinIntervalTests {
    private func client(bytes: Int = 1000) -> Subscriber {
        var options = Subscriber.Options()
        options.minInterval = .milliseconds(100)
        let subscriber = Subscriber(bytes: bytes, transportTakes: 1000, options)
        subscriber.subscribe("a", "b")
        return subscriber
    }

    @Test("The first message is sent at once, then the newest every interval")
    func conflates() {
        let subscriber = client()
        subscriber.publish("1", "2", "3", to: "a")
        #expect(subscriber.transport.written == ["1"])
        subscriber.pass(.milliseconds(99))
        subscriber.publish("4", to: "a")
        #expect(subscriber.transport.written == ["1"])
        subscriber.pass(.milliseconds(1))
        #expect(subscriber.transport.written == ["1", "4"])
        subscriber.pass(.seconds(1))
        subscriber.publish("5", to: "a")
        #expect(subscriber.transport.written == ["1", "4", "5"])
        #expect(subscriber.counts == Counts(offered: 5, delivered: 3, replaced: 2))
    }

    @Test("Every topic has an interval of its own")
    func topics() {
        let subscriber = client()
        subscriber.publish("1", to: "a")
        subscriber.pass(.milliseconds(50))
        subscriber.publish("2", to: "b")
        subscriber.publish("3", to: "a")
        subscriber.publish("4", to: "b")
        subscriber.pass(.milliseconds(50))
        #expect(subscriber.transport.written == ["1", "2", "3"])
        subscriber.pass(.milliseconds(50))
        #expect(subscriber.transport.written == ["1", "2", "3", "4"])
    }

    @Test("A blocked transport counts from when the message was written")
    func blocked() {
        let subscriber = client()
        subscriber.transport.room = 0
        subscriber.publish("1", to: "a")
        subscriber.pass(.milliseconds(500))
        subscriber.transportTakes(9)
        subscriber.publish("2", to: "a")
        subscriber.pass(.milliseconds(99))
        #expect(subscriber.transport.written == ["1"])
        subscriber.pass(.milliseconds(1))
        #expect(subscriber.transport.written == ["1", "2"])
    }

    @Test("A newer message that has no room in the place of the older goes behind it, if it may")
    func tooLarge() {
        let subscriber = client(bytes: 4)
        subscriber.publish("1", "22", "33333", "444", to: "a")
        #expect(subscriber.lanes.queuedBytes == 3)
        #expect(subscriber.counts == Counts(offered: 4, delivered: 1, replaced: 1, rejected: 1))
        subscriber.pass(.milliseconds(100))
        #expect(subscriber.transport.written == ["1", "444"])
    }

    @Test("A topic that is left wakes nobody")
    func left() {
        let subscriber = client()
        subscriber.publish("1", "2", to: "a")
        subscriber.unsubscribe("a")
        subscriber.pass(.seconds(1))
        #expect(subscriber.transport.written == ["1"])
        #expect(subscriber.counts == Counts(offered: 2, delivered: 1, discarded: 1))
    }
}
