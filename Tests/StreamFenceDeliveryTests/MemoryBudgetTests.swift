import NIOEmbedded
import StreamFenceBuiltin
import StreamFencePluginKit
import Testing

@testable import StreamFenceDelivery

@Suite("The server's memory")
struct MemoryBudgetTests {
    private let memory: MemoryBudget
    private let slow: Subscriber
    private let other: Subscriber

    /// Two clients of a server with 170 bytes, each of which may hold far more.
    init() {
        let memory = MemoryBudget(limit: 170)
        func client() -> Subscriber {
            var options = Subscriber.Options()
            options.memory = memory
            let subscriber = Subscriber(messages: 1000, bytes: 10_000, policy: RejectNew(), options)
            subscriber.subscribe("a")
            return subscriber
        }
        self.memory = memory
        slow = client()
        other = client()
    }

    private func fill(_ subscriber: Subscriber, _ number: Int) {
        for index in 0..<number { subscriber.publish("\(index % 10)", to: "a") }
    }

    @Test("The client with the largest backlog finds no room first, and the others still do")
    func largestFirst() {
        fill(slow, 200)
        // 160 = 16 times the 10 that are left.
        #expect(slow.lanes.queuedBytes == 160)
        #expect(slow.counters[.serverMemory] == 40)
        fill(other, 5)
        #expect(other.lanes.queuedBytes == 5)
        #expect(other.counts == Counts(offered: 5))
        fill(slow, 1)
        #expect(slow.lanes.queuedBytes == 160)
    }

    @Test("The limit is never passed")
    func hardLimit() {
        fill(slow, 200)
        fill(other, 200)
        #expect(memory.held == 170)
        #expect(other.lanes.queuedBytes == 10)
    }

    @Test("What one client lets go of is there for the others")
    func givenBack() {
        fill(slow, 200)
        slow.transportTakes(100)
        #expect(memory.held == 60)
        fill(other, 200)
        #expect(other.lanes.queuedBytes == 104)
        slow.unsubscribe("a")
        other.unsubscribe("a")
        #expect(memory.held == 0)
    }

    @Test("In flight counts, and leaves with its client")
    func inFlight() {
        var options = Subscriber.Options()
        options.memory = memory
        options.acknowledgement = .waiting(window: 9)
        let subscriber = Subscriber(messages: 9, transportTakes: 99, options)
        subscriber.subscribe("a")
        subscriber.publish("1", "22", to: "a")
        #expect(memory.held == 3)
        subscriber.acknowledge("1", on: "a")
        #expect(memory.held == 2)
        subscriber.unsubscribe("a")
        #expect(memory.held == 0)
    }

    @Test("A policy is told how little the client may hold, and makes room for itself")
    func policyMakesRoom() {
        var options = Subscriber.Options()
        options.memory = memory
        let subscriber = Subscriber(messages: 1000, bytes: 10_000, policy: DropOldest(), options)
        subscriber.subscribe("a")
        fill(subscriber, 200)
        #expect(subscriber.lanes.queuedBytes == 160)
        #expect(subscriber.counts == Counts(offered: 200, dropped: 40))
    }

    @Test("Where others have taken more than there is, nothing is thrown away in vain")
    func overdrawn() {
        var options = Subscriber.Options()
        options.memory = memory
        let subscriber = Subscriber(messages: 1000, bytes: 10_000, policy: DropOldest(), options)
        subscriber.subscribe("a")
        fill(subscriber, 10)
        memory.take(200)
        fill(subscriber, 1)
        #expect(subscriber.lanes.queuedBytes == 10)
        #expect(subscriber.counts == Counts(offered: 11, rejected: 1))
    }

    @Test("What has to be given up is exactly what makes room", arguments: [0, 1, 50, 100, 169, 170])
    func excess(elsewhere: Int) {
        let budget = MemoryBudget(limit: 170)
        for queued in [0, 1, 40, 100, 170] where queued + elsewhere <= 170 {
            for bytes in [1, 5, 60, 170] {
                budget.take(queued + elsewhere)
                let excess = budget.excess(queued: queued, adding: bytes)
                // As much as the client has suffices, or nothing does.
                let smallest = (0...10_000).first { given in
                    let free = 170 - queued - elsewhere + given
                    return bytes <= free && queued - given + bytes <= 16 * free
                }
                #expect(excess == smallest)
                budget.giveBack(queued + elsewhere)
            }
        }
    }
}
