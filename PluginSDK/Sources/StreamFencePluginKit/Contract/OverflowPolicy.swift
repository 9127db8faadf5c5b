/// Decides what happens when a message arrives at a lane that has no room for it.
///
/// A *lane* is one client's queue for one topic. The policy only decides; the core executes the decision and keeps the
/// accounts, so no policy can break them.
///
/// `decide` runs on the connection's event loop, only on overflow, for several clients at once. It must not block, and should take less
/// than 50 microseconds: every client of that loop waits while it runs. Under AT_LEAST_ONCE a decision that would lose a message
/// is not carried out: the newcomer is refused, and counted as `decision_invalid`.
public protocol OverflowPolicy: Sendable {
    /// What to do with the message that has no room.
    ///
    /// Called again, with the new state, while an eviction has not made enough room; a decision that makes no room at
    /// all is treated as a rejection.
    func decide(_ overflow: borrowing Overflow) -> OverflowDecision

    /// A number to remember with a message, once for all its recipients: what ``decide(_:)`` would otherwise have to find out
    /// for each message it looks at, and then reads with ``OverflowLane/rank(at:)``. 0 by default.
    ///
    /// Called while the message is published, on any thread, several at once.
    ///
    /// - Parameters:
    ///   - payload: JSON; valid during the call only.
    ///   - key: given when the message was published, or found in its payload; nil for none.
    func rank(payload: UnsafeRawBufferPointer, key: String?) -> Int64
}

extension OverflowPolicy {
    /// 0, for policies that have no use for it.
    public func rank(payload: UnsafeRawBufferPointer, key: String?) -> Int64 { 0 }
}

/// What the core is to do with the newcomer and the queue.
public enum OverflowDecision: Sendable, Equatable {
    /// Remove this many of the oldest queued messages, then accept the newcomer at the end. Values below 1 reject;
    /// values above the length of the queue empty it.
    case evictOldest(count: Int)
    /// Remove the queued message at this index (0 is the oldest), then accept the newcomer at the end.
    /// An index out of range rejects.
    case evict(at: Int)
    /// Remove every queued message, then accept the newcomer. The removed ones count as replaced, not as dropped.
    case evictAll
    /// Put the newcomer in the place of the queued message at this index, which counts as coalesced. An index out of
    /// range rejects, and so does a place that is too small for the byte limit.
    case replace(at: Int)
    /// Refuse the newcomer; `reason` is for listeners and the log, where the limit's name says too little.
    case reject(reason: String? = nil)
    /// Keep the newcomer in the namespace's spill store, and whatever comes after it until the store is empty again.
    /// Where the namespace has none, or it has no room, the newcomer is refused.
    case spill
    /// Refuse the newcomer and close the client's connection; the client is told `reason`.
    case disconnect(reason: String)
}

/// Which limit has no room for the newcomer.
public enum OverflowCause: String, Sendable, Equatable {
    /// `maxQueuedMessagesPerClient`, counted per lane.
    case messages = "queue_full"
    /// `maxQueuedBytesPerClient`, counted over all lanes of the client in the namespace.
    case bytes = "queue_bytes"
    /// `maxQueuedBytes`, counted over all clients of the server: what one client may hold shrinks as it fills up.
    case memory = "server_memory"
}
