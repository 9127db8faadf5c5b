/// What became of the messages offered to a topic's lanes: each one ends in exactly one ``Outcome``, or still waits.
///
/// Written by one event loop only and read by any thread, so that counting needs no lock and no atomic addition.
package final class LaneCounters: Sendable {
    /// How a message ended for one recipient.
    package enum Outcome: Int, CaseIterable, Sendable {
        /// BEST_EFFORT: given to the client's transport.
        case delivered
        /// AT_LEAST_ONCE: acknowledged by the client.
        case acknowledged
        /// Removed from its lane by the overflow policy, one by one, or lost by its spill store.
        case dropped
        /// Removed from its lane for a newer message of the same key, which took its place.
        case coalesced
        /// Removed from its lane with all the others, for a newer message.
        case replaced
        /// Never accepted into its lane, or not by the spill store it was meant for.
        case rejected
        /// Older than `messageTTLMs` when its turn came.
        case expired
        /// AT_LEAST_ONCE: not acknowledged after all retries.
        case retryExhausted
        /// Still held when its client left.
        case discarded
    }

    /// What happens to messages on their way to an outcome, and what clients do about them.
    package enum Event: Int, CaseIterable, Sendable {
        /// Written to a spill store.
        case spilled
        /// Sent again.
        case retries
        /// An acknowledgement of a message that was acknowledged before, or given up.
        case staleAcknowledgements
        /// An acknowledgement of what was never sent to this client on this topic.
        case foreignAcknowledgements
    }

    /// Where messages are that have no outcome yet. Kept as they move, so that nobody has to look through queues.
    package enum Place: Int, CaseIterable, Sendable {
        /// In memory: queued, or in flight.
        case memory
        /// AT_LEAST_ONCE: sent, and not acknowledged yet.
        case flight
        /// In a spill store, or on the way there.
        case store
    }

    private static let firstOutcome = 1
    private static let firstEvent = firstOutcome + Outcome.allCases.count
    private static let firstReason = firstEvent + Event.allCases.count

    private static let firstPlace = firstReason + OverflowReason.allCases.count

    private let values = CounterArray(count: firstPlace + Place.allCases.count)

    package init() {}

    /// How many messages were offered to lanes.
    package var offered: Int { values[0] }

    /// How many messages ended this way.
    package subscript(outcome: Outcome) -> Int { values[Self.firstOutcome + outcome.rawValue] }

    /// How often this happened.
    package subscript(event: Event) -> Int { values[Self.firstEvent + event.rawValue] }

    /// How many messages found no room for this reason.
    package subscript(reason: OverflowReason) -> Int { values[Self.firstReason + reason.number] }

    /// How many messages are there now.
    package subscript(place: Place) -> Int { values[Self.firstPlace + place.rawValue] }

    func countOffered(_ number: Int) {
        values.add(number, at: 0)
    }

    func count(_ outcome: Outcome, _ number: Int = 1) {
        values.add(number, at: Self.firstOutcome + outcome.rawValue)
    }

    package func count(_ event: Event, _ number: Int = 1) {
        values.add(number, at: Self.firstEvent + event.rawValue)
    }

    func count(_ reason: OverflowReason, _ number: Int = 1) {
        values.add(number, at: Self.firstReason + reason.number)
    }

    /// Messages have come here, or have left where the number is negative.
    func move(_ number: Int, _ place: Place) {
        values.add(number, at: Self.firstPlace + place.rawValue)
    }
}
