import NIOCore
import Testing

@testable import StreamFenceDelivery

@Suite("Leaving while the store is at work")
struct SpillLeavingTests {
    private let disk = Disk()
    private let client: Subscriber

    /// Holds 1 in memory, and has spilled 2 and 3: 2 is being written, 3 waits to be.
    init() {
        client = disk.client(messages: 1)
        client.publish("1", "2", "3", to: "a")
    }

    /// Nothing is left of the client, in memory or in the store, once the store has done its work.
    private func expectNothingLeft(_ counts: Counts) {
        #expect(client.writer.held == 0)
        #expect(client.lanes.spilledBytes == 0)
        #expect(disk.budget.stored == 0)
        disk.works(for: client)
        #expect(disk.isIdle)
        #expect(client.counts == counts)
        #expect(disk.store.violations.isEmpty)
    }

    @Test("What is being written is discarded, and dropped once it is written")
    func appending() {
        client.unsubscribe("a")
        #expect(disk.budget.pending == 1)
        expectNothingLeft(Counts(offered: 3, discarded: 3))
    }

    @Test("What could not be written after all is not counted twice")
    func appendingFails() {
        disk.store.faults.append = true
        client.unsubscribe("a")
        expectNothingLeft(Counts(offered: 3, discarded: 3))
        #expect(client.counters[.spillFailed] == 0)
    }

    @Test("What is being read is discarded, and does not come back")
    func reading() {
        disk.works(for: client)
        client.transportTakes(1)
        #expect(disk.executor.count == 1)
        client.unsubscribe("a")
        client.transportTakes(99)
        expectNothingLeft(Counts(offered: 3, delivered: 1, discarded: 2))
        #expect(client.transport.written == ["1"])
    }

    @Test("A lane whose reading failed is not tried again after its client has left")
    func retryPending() {
        disk.works(for: client)
        disk.store.faults.read = true
        client.transportTakes(1)
        disk.works(for: client)
        client.unsubscribe("a")
        expectNothingLeft(Counts(offered: 3, delivered: 1, discarded: 2))
        client.pass(.seconds(9))
        #expect(disk.executor.count == 0)
    }

    @Test("A lane that is being dropped anyway needs nothing more")
    func dropping() {
        disk.works(for: client)
        client.transportTakes(1)
        disk.worksOnce(for: client)
        client.transportTakes(1)
        disk.worksOnce(for: client)
        client.transportTakes(1)
        #expect(disk.executor.count == 1)
        client.unsubscribe("a")
        expectNothingLeft(Counts(offered: 3, delivered: 3))
    }

    @Test("Who joins again while the old lane is being written or dropped finds it clean", arguments: 0...4)
    func rejoined(calls: Int) {
        for _ in 0..<calls { disk.worksOnce(for: client) }
        client.unsubscribe("a")
        client.subscribe("a")
        client.publish("4", "5", "6", to: "a")
        disk.works(for: client)
        client.transportTakes(99)
        disk.works(for: client)
        #expect(client.transport.written == ["4", "5", "6"])
        expectNothingLeft(Counts(offered: 6, delivered: 3, discarded: 3))
    }

    @Test("Who joins and leaves several times before the store gets to it leaves nothing")
    func severalTimes() {
        for text in ["4", "5", "6"] {
            client.unsubscribe("a")
            client.subscribe("a")
            client.publish(text, text + text, to: "a")
        }
        client.unsubscribe("a")
        expectNothingLeft(Counts(offered: 9, discarded: 9))
    }

    @Test("A client that spilled and left leaves nothing in memory")
    func released() {
        weak var lane: Lane?
        weak var lanes: ClientLanes?
        weak var spill: SpillQueue?
        do {
            let client = disk.client(messages: 1)
            client.publish("1", "2", "3", to: "a")
            disk.works(for: client)
            lane = client.lane("a")
            lanes = client.lanes
            spill = client.lane("a").spill
            client.unsubscribe("a")
            disk.works(for: client)
        }
        #expect(lane == nil)
        #expect(lanes == nil)
        #expect(spill == nil)
    }
}
