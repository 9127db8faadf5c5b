import NIOCore
import NIOEmbedded
import Testing

@testable import StreamFenceDelivery

@Suite("Spilling")
struct SpillTests {
    private let disk = Disk()

    @Test("What has no room in memory waits in the store and comes back in order")
    func order() {
        let client = disk.client()
        client.publish("1", "2", "3", "4", "5", to: "a")
        disk.works(for: client)
        #expect(disk.store.texts == ["3", "4", "5"])
        #expect(client.lane("a").names == ["1", "2"])
        for _ in 0..<5 {
            client.transportTakes(1)
            disk.works(for: client)
        }
        #expect(client.transport.written == ["1", "2", "3", "4", "5"])
        #expect(client.counts == Counts(offered: 5, delivered: 5))
        #expect(client.counters[.spilled] == 3)
        #expect(disk.isIdle)
        #expect(disk.store.violations.isEmpty)
    }

    @Test("Nothing goes past what is spilled, though there is room in memory again")
    func notPast() {
        let client = disk.client()
        client.publish("1", "2", "3", to: "a")
        client.transportTakes(99)
        client.publish("4", to: "a")
        #expect(client.transport.written == ["1", "2"])
        disk.works(for: client)
        #expect(client.transport.written == ["1", "2", "3", "4"])
    }

    @Test("Once all that was spilled is read, messages stay in memory again")
    func backInMemory() {
        let client = disk.client()
        client.publish("1", "2", "3", to: "a")
        client.transportTakes(2)
        disk.works(for: client)
        client.publish("4", to: "a")
        #expect(client.lane("a").names == ["3", "4"])
        #expect(disk.executor.count == 0)
    }

    @Test("The store is asked to read when memory empties, even if nothing in memory ever was in the store")
    func readsOnceMemoryEmpties() {
        let client = disk.client(messages: 4)
        client.publish("1", "2", "3", "4", "5", to: "a")
        disk.works(for: client)
        #expect(disk.executor.count == 0)
        client.transportTakes(2)
        #expect(disk.executor.count == 1)
        disk.works(for: client)
        #expect(client.lane("a").names == ["3", "4", "5"])
    }

    @Test("The store does one thing at a time for a lane")
    func oneAtATime() {
        let client = disk.client()
        client.publish("1", "2", "3", "4", to: "a")
        #expect(disk.executor.count == 1)
        client.transportTakes(99)
        client.publish("5", "6", to: "a")
        client.unsubscribe("a")
        #expect(disk.executor.count == 1)
        disk.worksOnce(for: client)
        #expect(disk.executor.count == 1)
        disk.works(for: client)
        #expect(disk.isIdle)
    }

    @Test("AT_LEAST_ONCE: a record stays until its message is acknowledged")
    func releasedAfterAcknowledgement() {
        var options = Subscriber.Options()
        options.acknowledgement = .waiting(window: 1)
        let client = disk.client(messages: 1, options)
        client.transportTakes(99)
        client.publish("1", "2", to: "a")
        disk.works(for: client)
        client.acknowledge("1", on: "a")
        disk.works(for: client)
        #expect(client.transport.written == ["1", "2"])
        #expect(disk.store.texts == ["2"])
        #expect(disk.budget.stored == 1)
        client.pass(.seconds(1))
        disk.works(for: client)
        #expect(client.transport.written == ["1", "2", "2"])
        #expect(disk.store.texts == ["2"])
        client.acknowledge("2", on: "a")
        disk.works(for: client)
        #expect(disk.isIdle)
        #expect(client.counts == Counts(offered: 2, acknowledged: 2))
    }

    @Test("A long backlog is released bit by bit, and not beyond what is acknowledged")
    func releasedInParts() {
        var options = Subscriber.Options()
        options.acknowledgement = .waiting(window: 10)
        let client = disk.client(messages: 10, bytes: 100_000, options)
        for number in 0..<10_000 { client.publish("\(number)", to: "a") }
        client.transportTakes(1_000_000)
        disk.works(for: client)
        for number in 0..<5000 {
            client.acknowledge("\(number)", on: "a")
            disk.works(for: client)
        }
        var released = 0
        for case .released(_, let texts) in disk.store.takeEvents() { released += texts.count }
        // A million bytes or so many records at once, at least.
        #expect((4096...4990).contains(released))
        #expect(disk.store.texts.count == 9990 - released)
        #expect(disk.store.violations.isEmpty)
        client.unsubscribe("a")
        disk.works(for: client)
        #expect(disk.isIdle)
    }

    @Test("A message in flight that is acknowledged out of order holds back those behind it")
    func outOfOrder() {
        var options = Subscriber.Options()
        options.acknowledgement = .waiting(window: 2)
        let client = disk.client(messages: 2, options)
        client.publish("1", "2", "3", "4", to: "a")
        disk.works(for: client)
        client.transportTakes(99)
        for text in ["1", "2"] { client.acknowledge(text, on: "a") }
        disk.works(for: client)
        #expect(client.transport.written == ["1", "2", "3", "4"])
        client.acknowledge("4", on: "a")
        disk.works(for: client)
        #expect(disk.store.texts == ["3", "4"])
        client.acknowledge("3", on: "a")
        disk.works(for: client)
        #expect(disk.isIdle)
    }

    @Test("A lane whose bytes the client's other lanes hold waits, and goes on when they let go")
    func waitsForBytes() {
        let client = disk.client(messages: 9, bytes: 10)
        client.subscribe("b")
        client.publish("12345678", to: "b")
        client.publish("xxxxx", to: "a")
        disk.works(for: client)
        #expect(disk.store.texts == ["xxxxx"])
        client.transportTakes(99)
        #expect(client.transport.written == ["12345678"])
        client.loop.run()
        disk.works(for: client)
        #expect(client.transport.written == ["12345678", "xxxxx"])
        #expect(disk.isIdle)
    }

    @Test("While the server is short of memory a lane still gets on, one message at a time")
    func shortOfMemory() {
        let loop = DeliveryLoop(eventLoop: EmbeddedEventLoop())
        var options = Subscriber.Options()
        options.memory = MemoryBudget(limit: 20)
        let hog = Subscriber(messages: 99, sharing: loop, options)
        hog.subscribe("a")
        for index in 0..<30 { hog.publish("\(index % 10)", to: "a") }
        let client = disk.client(messages: 9, sharing: loop, options)
        client.publish("111", "222", "333", to: "a")
        client.transportTakes(999)
        disk.works(for: client)
        #expect(client.transport.written == ["111", "222", "333"])
        #expect(hog.lane("a").held == 19)
    }

    @Test("Gaps stand where the losses were, whether before, in or behind the store")
    func gaps() {
        var options = Subscriber.Options()
        options.notifiesGaps = true
        let disk = Disk(perClient: 3)
        let client = disk.client(messages: 1, bytes: 5, options)
        client.publish("1", "too large", "2", "too large", "3", "4", "x", "y", to: "a")
        disk.works(for: client)
        client.transportTakes(999)
        disk.works(for: client)
        client.publish("5", to: "a")
        let expected = ["1", "gap(1 overflow)", "2", "gap(1 overflow)", "3", "4", "gap(2 overflow)", "5"]
        #expect(client.transport.written == expected)
        #expect(client.counts == Counts(offered: 9, delivered: 5, rejected: 4))
    }
}

@Suite("The limits of spilling")
struct SpillLimitTests {
    @Test("A client may not spill more than its quota, and may again once its messages are delivered")
    func clientQuota() {
        let disk = Disk(perClient: 3)
        let client = disk.client(messages: 1)
        client.publish("1", "2", "3", "4", "x", to: "a")
        #expect(client.counters[.spillClientQuota] == 1)
        #expect(client.counts == Counts(offered: 5, rejected: 1))
        disk.works(for: client)
        client.transportTakes(2)
        disk.works(for: client)
        client.transportTakes(9)
        disk.works(for: client)
        #expect(client.lanes.spilledBytes == 0)
        client.transport.room = 0
        client.publish("5", "6", to: "a")
        #expect(client.counts == Counts(offered: 7, delivered: 4, rejected: 1))
    }

    @Test("All clients together may not spill more than the server's quota")
    func serverQuota() {
        let disk = Disk(stored: 3)
        let loop = DeliveryLoop(eventLoop: EmbeddedEventLoop())
        let (one, other) = (disk.client(messages: 1, sharing: loop), disk.client(messages: 1, sharing: loop))
        one.publish("1", "2", "3", to: "a")
        other.publish("1", "2", "x", to: "a")
        #expect(other.counters[.spillQuota] == 1)
        one.unsubscribe("a")
        #expect(disk.budget.stored == 1)
        other.publish("3", "4", to: "a")
        #expect(other.counts == Counts(offered: 5, rejected: 1))
    }

    @Test("No more waits to be written than may, and more may once it is written")
    func pending() {
        let disk = Disk(pending: 2)
        let client = disk.client(messages: 1)
        client.publish("1", "2", "3", "x", to: "a")
        #expect(client.counters[.spillPending] == 1)
        #expect(disk.budget.pending == 2)
        disk.works(for: client)
        #expect(disk.budget.pending == 0)
        client.publish("4", to: "a")
        #expect(client.counts == Counts(offered: 5, rejected: 1))
    }

    @Test("A message that could never come back to memory is rejected, not spilled")
    func tooLarge() {
        let disk = Disk()
        let client = disk.client(messages: 1, bytes: 3)
        client.publish("1", "2", "4444", to: "a")
        #expect(client.counters[.messageTooLarge] == 1)
        #expect(client.counts == Counts(offered: 3, rejected: 1))
    }
}
