import StreamFencePluginKit
import Synchronization

@testable import StreamFenceDelivery

/// Takes note, in order, of everything the engine does that can be seen from outside.
final class Journal: LaneObserver {
    enum Event: Equatable {
        /// `at` is in milliseconds.
        case wrote(client: Int, text: String, at: Int)
        /// What the policy decided, asked about a queue of so many.
        case decided(OverflowDecision, queued: Int)
        case overflowed(client: String, topic: String, OverflowReason)
        case retried(client: String, topic: String, number: UInt64, retries: Int)
        case exhausted(client: String, topic: String, number: UInt64, retries: Int)
    }

    private let events = Mutex<[Event]>([])

    func note(_ event: Event) {
        events.withLock { $0.append(event) }
    }

    /// What has happened since this was asked last.
    func take() -> [Event] {
        events.withLock { events in
            defer { events = [] }
            return events
        }
    }

    func overflowed(client: String, topic: String, reason: OverflowReason, messages: Int, detail: String?) {
        note(.overflowed(client: client, topic: topic, reason))
    }

    func retried(client: String, topic: String, message: UInt64, retries: Int) {
        note(.retried(client: client, topic: topic, number: message, retries: retries))
    }

    func retryExhausted(client: String, topic: String, message: UInt64, retries: Int) {
        note(.exhausted(client: client, topic: topic, number: message, retries: retries))
    }
}
