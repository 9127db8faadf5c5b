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
        let count = missing <= 0 && overflow.count > 0 ? 1 : oldest(freeing: missing, overflow)
        return count > 0 ? .evictOldest(count: count) : .reject()
    }

    /// How many of the oldest free this many bytes; 0 if not even all do.
    @inline(never)
    private func oldest(freeing missing: Int, _ overflow: borrowing Overflow) -> Int {
        var freed = 0
        for index in 0..<overflow.count {
            freed += overflow.lane.bytes(at: index)
            if freed >= missing { return index + 1 }
        }
        return 0
    }
}
