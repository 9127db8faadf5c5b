import NIOCore
import NIOEmbedded
import Testing

@testable import StreamFenceDelivery

@Suite("Writing")
struct WriterTests {
    @Test("Lanes take turns, one message each")
    func turns() {
        let subscriber = Subscriber(messages: 9)
        subscriber.subscribe("a", "b", "c")
        subscriber.offer("a1", "a2", "a3", "a4", to: "a")
        subscriber.offer("b1", to: "b")
        subscriber.offer("c1", "c2", to: "c")
        subscriber.transportTakes(100)
        #expect(subscriber.transport.written == ["a1", "b1", "c1", "a2", "c2", "a3", "a4"])
    }

    @Test("A full transport does not cost a lane its turn")
    func turnsOverSeveralDrains() {
        let subscriber = Subscriber(messages: 9)
        subscriber.subscribe("a", "b")
        subscriber.offer("a1", "a2", "a3", to: "a")
        subscriber.offer("b1", "b2", "b3", to: "b")
        subscriber.transportTakes(2)
        subscriber.transportTakes(1)
        subscriber.transportTakes(5)
        #expect(subscriber.transport.written == ["a1", "b1", "a2", "b2", "a3"])
    }

    @Test("What a drain writes is flushed once")
    func oneFlush() {
        let subscriber = Subscriber(messages: 9, transportTakes: 100)
        subscriber.subscribe("a")
        subscriber.offer("1", "2", "3", to: "a")
        subscriber.writer.drain()
        subscriber.writer.drain()
        #expect(subscriber.transport.log == ["1", "2", "3", "|"])
    }

    @Test("A batch passed on while the one before is flushed is flushed as well")
    func passesWhileFlushing() {
        let subscriber = Subscriber(transportTakes: 9)
        subscriber.subscribe("a")
        var rest = ["2"]
        subscriber.transport.onFlush = {
            guard let next = rest.popLast() else { return }
            subscriber.offer(next, to: "a")
            subscriber.writer.drain()
        }
        subscriber.offer("1", to: "a")
        subscriber.writer.drain()
        #expect(subscriber.transport.log == ["1", "|", "2", "|"])
    }

    @Test("Nothing is written while the transport is full, and nothing flushed")
    func fullTransport() {
        let subscriber = Subscriber()
        subscriber.subscribe("a")
        subscriber.offer("1", to: "a")
        subscriber.writer.drain()
        #expect(subscriber.transport.log.isEmpty)
        subscriber.transportTakes(1)
        #expect(subscriber.transport.log == ["1", "|"])
    }

    @Test("Room made by a flush is used at once")
    func flushMakesRoom() {
        let subscriber = Subscriber(messages: 9, transportTakes: 1)
        subscriber.subscribe("a")
        subscriber.transport.onFlush = { subscriber.transportTakes(1) }
        subscriber.offer("1", "2", "3", to: "a")
        subscriber.writer.drain()
        #expect(subscriber.transport.written == ["1", "2", "3"])
    }

    @Test("A batch that fits is written without being queued, and leaves with the next drain")
    func passed() {
        let subscriber = Subscriber(messages: 2, transportTakes: 4)
        subscriber.subscribe("a")
        subscriber.offer("1", "2", "3", "4", to: "a")
        #expect(subscriber.transport.log == ["1", "2", "3", "4"])
        subscriber.writer.drain()
        #expect(subscriber.transport.log == ["1", "2", "3", "4", "|"])
        #expect(subscriber.counts == Counts(offered: 4, delivered: 4))
    }

    @Test("A connection that takes so many messages, however large, is given so many and one flush")
    func messagesCounted() {
        let subscriber = Subscriber(messages: 9, transportTakes: 0)
        subscriber.subscribe("a", "b")
        subscriber.offer("first", "second", "third", to: "a")
        subscriber.offer("other", to: "b")
        subscriber.transport.messagesLeft = 3
        subscriber.writer.drain()
        #expect(subscriber.transport.log == ["first", "other", "second", "|"])
        subscriber.transport.messagesLeft = 3
        subscriber.writer.drain()
        #expect(subscriber.transport.log == ["first", "other", "second", "|", "third", "|"])
    }

    @Test("A batch overtakes nothing that waits on the connection, whatever its topic")
    func notPassed() {
        let subscriber = Subscriber(messages: 9, transportTakes: 0)
        subscriber.subscribe("a", "b")
        subscriber.offer("1", to: "a")
        subscriber.transport.room = 100
        subscriber.offer("2", to: "b")
        #expect(subscriber.transport.log.isEmpty)
        subscriber.writer.drain()
        #expect(subscriber.transport.log == ["1", "2", "|"])
    }

    @Test("A message offered while another is written follows it")
    func offeredWhileWriting() {
        let subscriber = Subscriber(messages: 9)
        subscriber.subscribe("a", "b")
        subscriber.transport.onWrite = { if $0 == "1" { subscriber.offer("x", to: "b") } }
        subscriber.offer("1", "2", "3", to: "a")
        subscriber.transportTakes(100)
        #expect(subscriber.transport.written == ["1", "x", "2", "3"])
    }

    @Test("A lane that closes is written no more, even from within a write", arguments: ["a", "b"])
    func closedWhileWriting(topic: String) {
        let subscriber = Subscriber(messages: 9)
        subscriber.subscribe("a", "b")
        subscriber.transport.onWrite = { if $0 == "a1" { subscriber.unsubscribe(topic) } }
        subscriber.offer("a1", "a2", to: "a")
        subscriber.offer("b1", "b2", to: "b")
        subscriber.transportTakes(100)
        #expect(subscriber.transport.written == (topic == "a" ? ["a1", "b1", "b2"] : ["a1", "a2"]))
        #expect(subscriber.counts.offered == subscriber.counts.ended)
        #expect(subscriber.lanes.queuedBytes == 0)
    }

    @Test("A topic that is left and joined again starts empty")
    func rejoined() {
        let subscriber = Subscriber(transportTakes: 0)
        subscriber.subscribe("a")
        subscriber.offer("1", "2", to: "a")
        #expect(subscriber.unsubscribe("a") != nil)
        #expect(subscriber.unsubscribe("a") == nil)
        subscriber.subscribe("a")
        subscriber.offer("3", to: "a")
        subscriber.transportTakes(9)
        #expect(subscriber.transport.written == ["3"])
        #expect(subscriber.counts == Counts(offered: 3, delivered: 1, discarded: 2))
    }

    @Test("What is offered to a closed lane is discarded")
    func offeredAfterClose() throws {
        let subscriber = Subscriber(transportTakes: 9)
        subscriber.subscribe("a")
        let lane = try #require(subscriber.unsubscribe("a"))
        lane.offer(["1"])
        subscriber.writer.drain()
        #expect(subscriber.transport.written.isEmpty)
        #expect(subscriber.counts == Counts(offered: 1, discarded: 1))
    }

    @Test("A client that is gone leaves nothing in memory")
    func released() {
        weak var lane: Lane?
        weak var lanes: ClientLanes?
        weak var writer: ConnectionWriter?
        do {
            let subscriber = Subscriber()
            subscriber.subscribe("a")
            subscriber.offer("1", to: "a")
            lane = subscriber.lane("a")
            lanes = subscriber.lanes
            writer = subscriber.writer
            subscriber.unsubscribe("a")
        }
        #expect(lane == nil)
        #expect(lanes == nil)
        #expect(writer == nil)
    }
}

@Suite("Waiting until nothing is queued")
struct IdleTests {
    private let eventLoop = EmbeddedEventLoop()

    /// Whether the wait has ended.
    private final class Wait {
        private(set) var isOver = false

        init(_ subscriber: Subscriber, _ eventLoop: EmbeddedEventLoop) {
            subscriber.writer.whenIdle(on: eventLoop).assumeIsolated().whenSuccess { self.isOver = true }
        }
    }

    @Test("Ends at once when nothing is queued")
    func idle() {
        let subscriber = Subscriber()
        #expect(Wait(subscriber, eventLoop).isOver)
    }

    @Test("Ends with the last message written, for everybody who waits")
    func lastMessage() {
        let subscriber = Subscriber()
        subscriber.subscribe("a", "b")
        subscriber.offer("1", "2", to: "a")
        subscriber.offer("3", to: "b")
        let waits = [Wait(subscriber, eventLoop), Wait(subscriber, eventLoop)]
        subscriber.transportTakes(2)
        #expect(waits.allSatisfy { !$0.isOver })
        subscriber.transportTakes(1)
        #expect(waits.allSatisfy { $0.isOver })
    }

    @Test("Ends when the client has left")
    func left() {
        let subscriber = Subscriber()
        subscriber.subscribe("a", "b")
        subscriber.offer("1", to: "a")
        subscriber.offer("2", to: "b")
        let wait = Wait(subscriber, eventLoop)
        subscriber.unsubscribe("a")
        #expect(!wait.isOver)
        subscriber.unsubscribe("b")
        #expect(wait.isOver)
    }

    @Test("Does not end while the lane being written has more")
    func lastTurn() {
        let subscriber = Subscriber()
        subscriber.subscribe("a", "b")
        subscriber.offer("1", "2", to: "a")
        subscriber.offer("3", to: "b")
        let wait = Wait(subscriber, eventLoop)
        // Leaves a as the only lane, at the moment when it has its turn and waits for none.
        subscriber.transport.onWrite = { if $0 == "1" { subscriber.unsubscribe("b") } }
        subscriber.transportTakes(1)
        #expect(!wait.isOver)
        subscriber.transportTakes(1)
        #expect(wait.isOver)
    }

    @Test("Who is told may send again")
    func sendsAgain() {
        let subscriber = Subscriber()
        subscriber.subscribe("a")
        subscriber.offer("1", to: "a")
        subscriber.writer.whenIdle(on: eventLoop).assumeIsolated().whenSuccess {
            subscriber.offer("2", to: "a")
            subscriber.writer.drain()
        }
        subscriber.transportTakes(5)
        #expect(subscriber.transport.written == ["1", "2"])
    }
}
