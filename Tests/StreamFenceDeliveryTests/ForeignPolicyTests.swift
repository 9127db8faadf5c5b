import CStreamFencePlugin
import StreamFencePluginKit
import Synchronization
import Testing

@testable import StreamFenceDelivery

@Suite("Overflow policies of plugins, in a lane")
struct ForeignPolicyTests {
    @Test(
        "Each action of the contract is carried out, and what is none is left to the policy",
        arguments: [
            (Action(0), ["1", "2", "3"], Counts(offered: 4, rejected: 1)),
            (Action(1, 2), ["3", "n"], Counts(offered: 4, dropped: 2)),
            (Action(1, .max), ["1", "2", "3"], Counts(offered: 4, rejected: 1)),
            (Action(2, 1), ["1", "3", "n"], Counts(offered: 4, dropped: 1)),
            (Action(3), ["n"], Counts(offered: 4, replaced: 3)),
            (Action(4, 1), ["1", "n", "3"], Counts(offered: 4, coalesced: 1)),
            (Action(4, 3), ["1", "2", "3"], Counts(offered: 4, rejected: 1)),
            // No store to spill to.
            (Action(5), ["1", "2", "3"], Counts(offered: 4, rejected: 1)),
            (Action(256), ["n"], Counts(offered: 4, dropped: 3)),
        ]
    )
    func actions(action: Action, queue: [String], counts: Counts) {
        let subscriber = fullLane(action)
        subscriber.offer("n", to: "a")
        #expect(subscriber.queue("a") == queue)
        #expect(subscriber.counts == counts)
    }

    @Test("A client is disconnected when its policy's function says so")
    func disconnect() {
        let subscriber = fullLane(Action(6))
        subscriber.offer("n", to: "a")
        #expect(subscriber.transport.disconnects == ["too slow"])
    }

    @Test("A policy that asks for the newest of the newcomer's key is told it from then on, as it is at each decision")
    func told() {
        let policy = Asking()
        let subscriber = Subscriber(messages: 9, bytes: 4, policy: policy)
        subscriber.subscribe("a")
        for (text, key) in [("1", "red"), ("2", "blue"), ("3", "red"), ("4", "blue")] {
            subscriber.publish(text, to: "a", key: key)
        }
        // Makes room in two decisions.
        subscriber.publish("55", to: "a", key: "red")
        subscriber.publish("6", to: "a", key: "green")
        #expect(policy.told == [notAsked, 1, notFound])
        #expect(subscriber.counts == Counts(offered: 6, dropped: 3))
    }

    private func fullLane(_ action: Action) -> Subscriber {
        let subscriber = Subscriber(messages: 3, policy: Foreign(action))
        subscriber.subscribe("a")
        subscriber.offer("1", "2", "3", to: "a")
        return subscriber
    }
}

/// What a plugin returns.
final class Action: Sendable, CustomTestStringConvertible {
    let action: UInt64
    let argument: UInt64

    init(_ action: UInt64, _ argument: UInt64 = 0) {
        self.action = action
        self.argument = argument
    }

    var testDescription: String { "\(action) \(argument)" }
}

/// Always decides the same, by its function only; what is no action empties the queue.
private struct Foreign: ForeignOverflowPolicy {
    let action: Action

    init(_ action: Action) {
        self.action = action
    }

    var foreignFunction: ForeignFunction {
        ForeignFunction(
            { instance, _, _, _ in
                let action = Unmanaged<Action>.fromOpaque(instance.unsafelyUnwrapped).takeUnretainedValue()
                return .init(action: action.action, argument: action.argument)
            },
            Unmanaged.passUnretained(action).toOpaque()
        )
    }

    func decision(_ result: sf_overflow_decision) -> OverflowDecision {
        OverflowDecision(result) ?? .evictOldest(count: .max)
    }

    func decide(_ overflow: borrowing Overflow) -> OverflowDecision {
        Issue.record("expected a call of the function")
        return .reject()
    }
}

/// Drops the oldest, asks for the newest of the newcomer's key, and notes what it was told before.
private final class Asking: OverflowPolicy {
    private let notes = Mutex<[UInt64]>([])

    var told: [UInt64] { notes.withLock { $0 } }

    func decide(_ overflow: borrowing Overflow) -> OverflowDecision {
        let told = overflow.lane.lane.pointee.newest_of_newcomers_key
        notes.withLock { $0.append(told) }
        _ = overflow.lane.newestOfSameKey(at: nil)
        return .evictOldest(count: 1)
    }
}

/// `SF_NOT_FOUND` and `SF_NOT_ASKED`, which are casts that Swift does not see.
private let notFound = UInt64.max
private let notAsked = UInt64.max - 1
