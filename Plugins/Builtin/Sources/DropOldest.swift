import StreamFencePluginKit

/// `drop-oldest`: the oldest queued messages make room for the newcomer.
public struct DropOldest: OverflowPolicy {
    public init() {}

    public func decide(_ overflow: borrowing Overflow) -> OverflowDecision {
        switch overflow.cause {
        case .messages:
            return .evictOldest(count: 1)
        case .bytes:
            return evictBytes(overflow)
        }
    }

    /// As few of the oldest as free the bytes that are missing. Other lanes of the client may hold the rest of the
    /// budget: then not even an empty lane helps, and the newcomer is refused rather than everything thrown away.
    private func evictBytes(_ overflow: borrowing Overflow) -> OverflowDecision {
        let missing = overflow.queuedBytes + overflow.newcomer.bytes - overflow.maxBytes
        var freed = 0
        for index in 0..<overflow.queue.count {
            freed += overflow.queue.message(at: index)?.bytes ?? 0
            if freed >= missing { return .evictOldest(count: index + 1) }
        }
        return .reject
    }
}
