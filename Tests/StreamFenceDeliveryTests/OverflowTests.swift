import StreamFencePluginKit
import Testing

@testable import StreamFenceDelivery

@Suite("Overflow")
struct OverflowTests {
    /// A client whose lane `a` holds 1, 2 and 3, is full, and whose policy decides this.
    private func fullLane(_ decision: OverflowDecision, bytes: Int = 1000) -> Subscriber {
        let subscriber = Subscriber(messages: 3, bytes: bytes, policy: Deciding { _ in decision })
        subscriber.subscribe("a")
        subscriber.offer("1", "2", "3", to: "a")
        return subscriber
    }

    @Test("A message that finds room asks no policy")
    func roomAsksNobody() {
        let subscriber = fullLane(.disconnect(reason: "asked"))
        #expect(subscriber.transport.disconnects.isEmpty)
        #expect(subscriber.queue("a") == ["1", "2", "3"])
        #expect(subscriber.lanes.queuedBytes == 3)
    }

    @Test(
        "A decision makes room, and what it removes is counted by the way it went",
        arguments: [
            (OverflowDecision.evictOldest(count: 1), ["2", "3", "n"], Counts(offered: 4, dropped: 1)),
            (.evictOldest(count: 2), ["3", "n"], Counts(offered: 4, dropped: 2)),
            (.evictOldest(count: 3), ["n"], Counts(offered: 4, dropped: 3)),
            (.evictOldest(count: .max), ["n"], Counts(offered: 4, dropped: 3)),
            (.evict(at: 0), ["2", "3", "n"], Counts(offered: 4, dropped: 1)),
            (.evict(at: 1), ["1", "3", "n"], Counts(offered: 4, dropped: 1)),
            (.evict(at: 2), ["1", "2", "n"], Counts(offered: 4, dropped: 1)),
            (.evictAll, ["n"], Counts(offered: 4, replaced: 3)),
            (.replace(at: 0), ["n", "2", "3"], Counts(offered: 4, coalesced: 1)),
            (.replace(at: 2), ["1", "2", "n"], Counts(offered: 4, coalesced: 1)),
        ]
    )
    func makesRoom(decision: OverflowDecision, queue: [String], counts: Counts) {
        let subscriber = fullLane(decision)
        subscriber.offer("n", to: "a")
        #expect(subscriber.queue("a") == queue)
        #expect(subscriber.counts == counts)
        #expect(subscriber.lanes.queuedBytes == queue.count)
    }

    @Test(
        "A decision that makes no sense rejects",
        arguments: [
            OverflowDecision.reject(), .evictOldest(count: 0), .evictOldest(count: -1), .evictOldest(count: .min),
            .evict(at: 3), .evict(at: -1), .evict(at: .max), .evict(at: .min), .replace(at: 3), .replace(at: -1),
            .replace(at: .min), .replace(at: .max),
        ]
    )
    func rejects(decision: OverflowDecision) {
        let subscriber = fullLane(decision)
        subscriber.offer("n", to: "a")
        #expect(subscriber.queue("a") == ["1", "2", "3"])
        #expect(subscriber.counts == Counts(offered: 4, rejected: 1))
    }

    @Test(
        "Decisions about an empty queue reject: other lanes hold the bytes",
        arguments: [
            OverflowDecision.evictAll, .evictOldest(count: 1), .evict(at: 0), .replace(at: 0),
        ]
    )
    func emptyQueue(decision: OverflowDecision) {
        let subscriber = Subscriber(bytes: 10, policy: Deciding { _ in decision })
        subscriber.subscribe("a", "b")
        subscriber.offer("0123456789", to: "b")
        subscriber.offer("n", to: "a")
        #expect(subscriber.queue("a").isEmpty)
        #expect(subscriber.queue("b") == ["0123456789"])
        #expect(subscriber.counts == Counts(offered: 2, rejected: 1))
    }

    @Test("A message larger than the budget alone is rejected without asking")
    func tooLarge() {
        let subscriber = Subscriber(bytes: 4, policy: Deciding { _ in .evictAll })
        subscriber.subscribe("a")
        subscriber.offer("1", "12345", to: "a")
        #expect(subscriber.queue("a") == ["1"])
        #expect(subscriber.counts == Counts(offered: 2, rejected: 1))
    }

    @Test("Evictions go on until the bytes suffice")
    func evictsUntilItFits() {
        let subscriber = Subscriber(messages: 9, bytes: 6, policy: Deciding { _ in .evictOldest(count: 1) })
        subscriber.subscribe("a")
        subscriber.offer("11", "22", "33", "4444", to: "a")
        #expect(subscriber.queue("a") == ["33", "4444"])
        #expect(subscriber.counts == Counts(offered: 4, dropped: 2))
        #expect(subscriber.lanes.queuedBytes == 6)
    }

    @Test("A replacement that would break the byte budget is rejected")
    func replacementTooLarge() {
        let subscriber = fullLane(.replace(at: 1), bytes: 4)
        subscriber.offer("nn", to: "a")
        #expect(subscriber.queue("a") == ["1", "nn", "3"])
        subscriber.offer("mmmm", to: "a")
        #expect(subscriber.queue("a") == ["1", "nn", "3"])
        #expect(subscriber.counts == Counts(offered: 5, coalesced: 1, rejected: 1))
    }

    @Test(
        "AT_LEAST_ONCE: a decision that would lose a message is not carried out, and the newcomer refused",
        arguments: [
            OverflowDecision.evictOldest(count: 1), .evict(at: 1), .evictAll, .replace(at: 1),
            .disconnect(reason: "too slow"),
        ]
    )
    func losingDecision(_ decision: OverflowDecision) {
        var options = Subscriber.Options()
        options.acknowledgement = .waiting()
        let subscriber = Subscriber(messages: 3, policy: Deciding { _ in decision }, options)
        subscriber.subscribe("a")
        subscriber.offer("1", "2", "3", "n", to: "a")
        #expect(subscriber.queue("a") == ["1", "2", "3"])
        #expect(subscriber.counts == Counts(offered: 4, rejected: 1))
        #expect(subscriber.counters[.decisionInvalid] == 1)
        #expect(subscriber.transport.disconnects.isEmpty)
    }

    @Test("A disconnect rejects the newcomer and passes its reason on")
    func disconnects() {
        let subscriber = fullLane(.disconnect(reason: "too slow"))
        subscriber.offer("n", to: "a")
        #expect(subscriber.transport.disconnects == ["too slow"])
        #expect(subscriber.counts == Counts(offered: 4, rejected: 1))
    }

    @Test("What is offered to a client that is being disconnected is discarded, on every topic")
    func offeredAfterDisconnect() {
        let subscriber = fullLane(.disconnect(reason: "too slow"))
        subscriber.subscribe("b")
        subscriber.offer("n", "m", to: "a")
        subscriber.transportTakes(100)
        subscriber.offer("o", to: "b")
        #expect(subscriber.transport.written == ["1", "2", "3"])
        #expect(subscriber.counts == Counts(offered: 6, delivered: 3, rejected: 1, discarded: 2))
        #expect(subscriber.transport.disconnects == ["too slow"])
    }

    @Test("The policy is told the limit, the state and the newcomer")
    func whatThePolicySees() {
        let policy = Deciding { overflow in
            let lane = overflow.lane
            let seen = (-1...overflow.count).map { lane.key(at: $0) ?? "-" }.joined()
            let limits = "\(overflow.maxMessages) \(overflow.maxBytes) \(overflow.queuedBytes)"
            let newcomer = "\(lane.key(at: nil) ?? "-")/\(overflow.newcomerBytes)"
            return .disconnect(
                reason:
                    "\(overflow.cause.rawValue) \(lane.namespace) \(lane.topic) \(limits) \(newcomer) \(seen)"
            )
        }
        let full = Subscriber(messages: 2, bytes: 5, policy: policy)
        full.subscribe("a")
        full.offer("1", "2", "nn", to: "a")
        #expect(full.transport.disconnects == ["queue_full /feed a 2 5 2 nn/2 -12-"])
        let heavy = Subscriber(messages: 2, bytes: 5, policy: policy)
        heavy.subscribe("a", "b")
        heavy.offer("1", "2", to: "a")
        heavy.offer("mmmm", to: "b")
        #expect(heavy.transport.disconnects == ["queue_bytes /feed b 2 5 2 mmmm/4 --"])
        // 2 of 4 bytes are free, and 3 are asked for: one has to go.
        let poor = Subscriber(messages: 9, bytes: 50, policy: policy, .init(memory: MemoryBudget(limit: 4)))
        poor.subscribe("a")
        poor.offer("1", "2", "mmm", to: "a")
        #expect(poor.transport.disconnects == ["server_memory /feed a 9 4 2 mmm/3 -12-"])
    }

    @Test("A burst within a tick is no overflow while the transport takes it")
    func burst() {
        let subscriber = Subscriber(messages: 2, policy: Deciding { _ in .disconnect(reason: "no") })
        subscriber.subscribe("a")
        subscriber.offer("1", "2", to: "a")
        // It has not said so yet.
        subscriber.transport.room = 5
        subscriber.offer("3", "4", "5", "6", "7", to: "a")
        #expect(subscriber.transport.written == ["1", "2", "3", "4", "5"])
        #expect(subscriber.queue("a") == ["6", "7"])
        #expect(subscriber.counts == Counts(offered: 7, delivered: 5))
        #expect(subscriber.transport.disconnects.isEmpty)
    }

    @Test("A lane that closes while it makes room takes nothing more")
    func closesWhileMakingRoom() {
        let subscriber = Subscriber(messages: 1, transportTakes: 1)
        subscriber.subscribe("a")
        // As when a write finds that the connection has failed.
        subscriber.transport.onFlush = { subscriber.unsubscribe("a") }
        let lane = subscriber.lane("a")
        lane.offer(["1", "2", "3"])
        #expect(lane.held == 0)
        #expect(subscriber.counts == Counts(offered: 3, delivered: 1, discarded: 2))
        #expect(subscriber.lanes.queuedBytes == 0)
    }
}
