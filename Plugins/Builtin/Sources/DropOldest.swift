import StreamFencePluginKit

/// `drop-oldest`: the oldest queued messages make room for the newcomer.
public struct DropOldest: OverflowPolicy {
    /// A policy without settings.
    public init() {}

    /// As few of the oldest as make room under both limits at once. Other lanes of the client may hold the rest of the
    /// byte budget: then not even an empty lane helps, and the newcomer is refused rather than anything thrown away.
    @inline(__always)
    public func decide(_ overflow: borrowing Overflow) -> OverflowDecision {
        let missing = overflow.queuedBytes + overflow.newcomerBytes - overflow.maxBytes
        // Only one message too many: nobody has to look at its size.
        return missing <= 0 && overflow.count > 0 ? .evictOldest(count: 1) : evict(missing, overflow)
    }

    /// As many as free this many bytes.
    @inline(never)
    private func evict(_ missing: Int, _ overflow: borrowing Overflow) -> OverflowDecision {
        var freed = 0
        for index in 0..<overflow.count {
            freed += overflow.lane.bytes(at: index)
            if freed >= missing { return .evictOldest(count: index + 1) }
        }
        return .reject()
    }
}
