import NIOCore
import NIOEmbedded
import Testing

@testable import StreamFenceDelivery

@Suite("Sending again")
struct RetryTests {
    private func client(_ acknowledgement: AcknowledgementSettings, gaps: Bool = false) -> Subscriber {
        var options = Subscriber.Options()
        options.acknowledgement = acknowledgement
        options.notifiesGaps = gaps
        let subscriber = Subscriber(messages: 9, transportTakes: 1000, options)
        subscriber.subscribe("a", "b")
        return subscriber
    }

    @Test("A message is sent again when its acknowledgement is overdue, not a moment before")
    func sentAgain() {
        let subscriber = client(.waiting())
        subscriber.publish("1", to: "a")
        subscriber.pass(.nanoseconds(999_999_999))
        #expect(subscriber.transport.log == ["1", "|"])
        subscriber.pass(.nanoseconds(1))
        #expect(subscriber.transport.log == ["1", "|", "1", "|"])
        #expect(subscriber.counters[.retries] == 1)
    }

    @Test("After the last retry a message is given up, and the window moves on")
    func exhausted() {
        let subscriber = client(.waiting(retries: 2), gaps: true)
        subscriber.publish("1", "2", to: "a")
        subscriber.pass(.seconds(2))
        #expect(subscriber.transport.written == ["1", "1", "1"])
        subscriber.pass(.seconds(1))
        #expect(subscriber.transport.written == ["1", "1", "1", "gap(1 retry_exhausted)", "2"])
        #expect(subscriber.counts == Counts(offered: 2, retryExhausted: 1))
        #expect(subscriber.acknowledge("1", on: "a") == .stale)
    }

    @Test("Each wait is longer than the one before, up to the longest")
    func backOff() {
        let subscriber = client(.waiting(retries: 5, .milliseconds(100), multiplier: 3, atMost: .milliseconds(500)))
        var times: [Int] = []
        let loop = subscriber.loop
        subscriber.transport.onWrite = { _ in times.append(Int(loop.now.uptimeNanoseconds / 1_000_000)) }
        subscriber.publish("1", to: "a")
        subscriber.pass(.seconds(9))
        #expect(times == [0, 100, 400, 900, 1400, 1900])
        #expect(subscriber.counts == Counts(offered: 1, retryExhausted: 1))
    }

    @Test("A retry that is due while the transport is blocked waits, and uses up no attempt")
    func blocked() {
        let subscriber = client(.waiting(retries: 1))
        subscriber.publish("1", to: "a")
        subscriber.transport.room = 0
        subscriber.pass(.seconds(60))
        #expect(subscriber.transport.written == ["1"])
        #expect(subscriber.counters[.retries] == 0)
        subscriber.transportTakes(10)
        #expect(subscriber.transport.written == ["1", "1"])
        #expect(subscriber.counters[.retries] == 1)
        #expect(subscriber.acknowledge("1", on: "a") == .accepted)
    }

    @Test("A retry that is acknowledged while it waits for the transport is not sent")
    func acknowledgedWhileBlocked() {
        let subscriber = client(.waiting())
        subscriber.publish("1", to: "a")
        subscriber.transport.room = 0
        subscriber.pass(.seconds(2))
        #expect(subscriber.acknowledge("1", on: "a") == .accepted)
        subscriber.transportTakes(10)
        #expect(subscriber.transport.written == ["1"])
    }

    @Test("The wait begins when the message has left, not when it was written")
    func startsAtFlush() {
        let subscriber = client(.waiting())
        subscriber.transport.hasUnsent = true
        subscriber.publish("1", to: "a")
        subscriber.pass(.seconds(60))
        #expect(subscriber.transport.written == ["1"])
        subscriber.transport.hasUnsent = false
        subscriber.writer.drain()
        subscriber.pass(.milliseconds(999))
        #expect(subscriber.transport.written == ["1"])
        subscriber.pass(.milliseconds(1))
        #expect(subscriber.transport.written == ["1", "1"])
    }

    @Test("A message that was sent again may be acknowledged, and then no timer is left")
    func acknowledgedAfterRetry() {
        let subscriber = client(.waiting())
        subscriber.publish("1", to: "a")
        subscriber.pass(.seconds(1))
        #expect(subscriber.acknowledge("1", on: "a") == .accepted)
        subscriber.pass(.seconds(60))
        #expect(subscriber.transport.written == ["1", "1"])
        #expect(subscriber.counts == Counts(offered: 1, acknowledged: 1))
    }

    @Test("Those in flight are sent again in the order they were sent in, before anything new")
    func order() {
        let subscriber = client(.waiting(window: 3))
        subscriber.publish("1", "2", to: "a")
        subscriber.transport.room = 0
        subscriber.pass(.seconds(1))
        subscriber.publish("3", to: "a")
        subscriber.transportTakes(1000)
        #expect(subscriber.transport.written == ["1", "2", "1", "2", "3"])
    }

    @Test("Every lane of a loop is woken in its time, and a lane that has left is not waited for")
    func manyLanes() {
        let loop = DeliveryLoop(eventLoop: EmbeddedEventLoop())
        var options = Subscriber.Options()
        options.acknowledgement = .waiting()
        let clients = (0..<20).map { _ in Subscriber(messages: 9, transportTakes: 1000, sharing: loop, options) }
        for client in clients {
            client.subscribe("a", "b")
            client.publish("1", to: "a")
            client.publish("2", to: "b")
            client.pass(.milliseconds(10))
        }
        #expect(loop.sleeperCount == 40)
        clients[0].unsubscribe("a")
        #expect(loop.sleeperCount == 39)
        // The first is due 1000 ms after it was sent, which was 200 ms ago; each other 10 ms later.
        clients[0].pass(.milliseconds(800))
        #expect(clients.map(\.transport.written.count) == [3] + Array(repeating: 2, count: 19))
        clients[0].pass(.milliseconds(100))
        #expect(
            clients.map(\.transport.written.count) == [3] + Array(repeating: 4, count: 10)
                + Array(repeating: 2, count: 9)
        )
        for client in clients {
            client.unsubscribe("a")
            client.unsubscribe("b")
        }
        #expect(loop.sleeperCount == 0)
    }
}
