import Synchronization

/// What became of the messages offered to a topic's lanes: each one ends in exactly one of these, or still waits.
///
/// Written by one event loop only and read by any thread, so that counting needs no lock and no atomic addition.
package final class LaneCounters: Sendable {
    /// How a message ended for one recipient.
    package enum Outcome: Int, CaseIterable, Sendable {
        /// Given to the client's transport.
        case delivered
        /// Removed from its lane by the overflow policy, one by one.
        case dropped
        /// Removed from its lane for a newer message of the same key, which took its place.
        case coalesced
        /// Removed from its lane with all the others, for a newer message.
        case replaced
        /// Never accepted into its lane.
        case rejected
        /// Still queued when its client left.
        case discarded
    }

    private let offeredCount = Atomic(0)
    private let delivered = Atomic(0)
    private let dropped = Atomic(0)
    private let coalesced = Atomic(0)
    private let replaced = Atomic(0)
    private let rejected = Atomic(0)
    private let discarded = Atomic(0)

    package init() {}

    /// How many messages were offered to lanes.
    package var offered: Int { offeredCount.load(ordering: .relaxed) }

    /// How many messages ended this way.
    package subscript(outcome: Outcome) -> Int {
        switch outcome {
        case .delivered: return delivered.load(ordering: .relaxed)
        case .dropped: return dropped.load(ordering: .relaxed)
        case .coalesced: return coalesced.load(ordering: .relaxed)
        case .replaced: return replaced.load(ordering: .relaxed)
        case .rejected: return rejected.load(ordering: .relaxed)
        case .discarded: return discarded.load(ordering: .relaxed)
        }
    }

    func countOffered(_ number: Int) {
        Self.add(number, to: offeredCount)
    }

    func count(_ outcome: Outcome, _ number: Int = 1) {
        switch outcome {
        case .delivered: Self.add(number, to: delivered)
        case .dropped: Self.add(number, to: dropped)
        case .coalesced: Self.add(number, to: coalesced)
        case .replaced: Self.add(number, to: replaced)
        case .rejected: Self.add(number, to: rejected)
        case .discarded: Self.add(number, to: discarded)
        }
    }

    private static func add(_ number: Int, to counter: borrowing Atomic<Int>) {
        counter.store(counter.load(ordering: .relaxed) &+ number, ordering: .relaxed)
    }
}
