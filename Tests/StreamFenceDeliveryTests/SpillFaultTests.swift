import NIOCore
import Testing

@testable import StreamFenceDelivery

@Suite("A store that fails")
struct SpillFaultTests {
    private let disk = Disk()
    private let client: Subscriber

    /// Holds 1 in memory, and has spilled 2, which is on its way to the store.
    init() {
        var options = Subscriber.Options()
        options.notifiesGaps = true
        client = disk.client(messages: 1, options)
        client.publish("1", "2", to: "a")
    }

    @Test("What can't be written is rejected, for everybody to see")
    func appendFails() {
        disk.store.faults.append = true
        disk.works(for: client)
        #expect(client.counts == Counts(offered: 2, rejected: 1))
        #expect(client.counters[.spillFailed] == 1)
        #expect(disk.faults == ["append 1"])
        #expect(disk.isIdle)
        #expect(client.lanes.spilledBytes == 0)
        client.transportTakes(1)
        client.publish("3", to: "a")
        client.transportTakes(99)
        #expect(client.transport.written == ["1", "gap(1 overflow)", "3"])
    }

    @Test("What comes after a batch that could not be written stands in its place")
    func appendFailsOnce() {
        client.publish("3", "4", to: "a")
        disk.store.faults.append = true
        disk.worksOnce(for: client)
        disk.store.faults.append = false
        disk.works(for: client)
        client.transportTakes(99)
        disk.works(for: client)
        #expect(client.transport.written == ["1", "gap(1 overflow)", "3", "4"])
        #expect(client.counts == Counts(offered: 4, delivered: 3, rejected: 1))
        #expect(disk.store.violations.isEmpty)
        #expect(disk.isIdle)
    }

    @Test("Reading is tried again after a while")
    func readFailsOnce() {
        disk.works(for: client)
        disk.store.faults.read = true
        client.transportTakes(99)
        disk.works(for: client)
        #expect(disk.faults == ["read"])
        disk.store.faults.read = false
        #expect(disk.executor.count == 0)
        client.pass(.milliseconds(999))
        #expect(disk.executor.count == 0)
        client.pass(.milliseconds(1))
        disk.works(for: client)
        #expect(client.transport.written == ["1", "2"])
        #expect(client.counts == Counts(offered: 2, delivered: 2))
    }

    @Test("What can't be read four times is given up and counted, and the lane goes on")
    func readFails() {
        disk.works(for: client)
        disk.store.faults.read = true
        client.transportTakes(99)
        for _ in 0..<3 {
            disk.works(for: client)
            client.publish("x", to: "a")
            client.pass(.seconds(1))
        }
        disk.works(for: client)
        #expect(disk.faults == ["read", "read", "read", "read, for the last time", "lost 4"])
        #expect(client.counts == Counts(offered: 5, delivered: 1, dropped: 4))
        #expect(client.counters[.spillDamaged] == 4)
        #expect(client.writer.held == 0)
        client.publish("5", to: "a")
        #expect(client.transport.written == ["1", "gap(4 overflow)", "5"])
        #expect(disk.isIdle)
    }

    @Test("Records that are missing or damaged are counted as lost, and told of where they stood")
    func damaged() {
        disk.works(for: client)
        // 3 is written alone, while the others gather.
        disk.store.faults.spoils = [1: .missing, 2: .garbled, 4: .missing]
        client.publish("3", "4", "5", "6", "7", "8", to: "a")
        disk.works(for: client)
        client.transportTakes(999)
        disk.works(for: client)
        #expect(client.transport.written == ["1", "2", "3", "4", "gap(2 overflow)", "7"])
        #expect(client.counts == Counts(offered: 8, delivered: 5, dropped: 3))
        #expect(client.counters[.spillDamaged] == 3)
        client.publish("9", to: "a")
        #expect(client.transport.written.suffix(2) == ["gap(1 overflow)", "9"])
        #expect(disk.isIdle)
    }

    @Test("A lane of which nothing is left in the store loses it all at once")
    func allMissing() {
        disk.store.faults.spoils = [0: .missing]
        disk.works(for: client)
        client.transportTakes(99)
        disk.works(for: client)
        #expect(client.counts == Counts(offered: 2, delivered: 1, dropped: 1))
        #expect(disk.faults == ["lost 1"])
        client.publish("3", to: "a")
        #expect(client.transport.written == ["1", "gap(1 overflow)", "3"])
        #expect(disk.isIdle)
    }

    @Test("A store that can't drop a lane is written to behind what it keeps")
    func dropFails() {
        disk.works(for: client)
        client.transportTakes(2)
        disk.store.faults.drop = true
        disk.works(for: client)
        #expect(client.transport.written == ["1", "2"])
        #expect(disk.faults == ["remove"])
        #expect(disk.budget.stored == 0)
        disk.store.faults.drop = false
        client.publish("3", "4", to: "a")
        disk.works(for: client)
        client.transportTakes(99)
        disk.works(for: client)
        #expect(client.transport.written == ["1", "2", "3", "4"])
        #expect(disk.store.violations.isEmpty)
        #expect(disk.isIdle)
    }

    @Test("A lane that the store could not drop can be left, joined again and spilled from")
    func dropFailsAndRejoined() {
        disk.works(for: client)
        client.transportTakes(2)
        disk.store.faults.drop = true
        disk.works(for: client)
        client.unsubscribe("a")
        disk.works(for: client)
        client.subscribe("a")
        disk.store.faults.drop = false
        client.publish("3", "4", to: "a")
        disk.works(for: client)
        client.transportTakes(99)
        disk.works(for: client)
        #expect(client.transport.written == ["1", "2", "3", "4"])
        #expect(disk.store.violations.isEmpty)
    }
}
