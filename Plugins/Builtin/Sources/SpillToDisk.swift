import StreamFencePluginKit

/// `spill-to-disk`: what has no room in memory waits in the namespace's spill store, in order.
public struct SpillToDisk: OverflowPolicy {
    /// A policy without settings: the store has them.
    public init() {}

    /// Always ``OverflowDecision/spill``.
    @inline(__always)
    public func decide(_ overflow: borrowing Overflow) -> OverflowDecision {
        .spill
    }
}
