import StreamFencePluginKit

/// `snapshot-only`: everything that waits makes way for the newcomer, which tells all there is to know.
public struct SnapshotOnly: OverflowPolicy {
    /// A policy without settings.
    public init() {}

    /// The newcomer in the place of all the others. Other lanes of the client may hold the byte budget: then not even an
    /// empty lane helps, and the newcomer is refused rather than anything thrown away.
    @inline(__always)
    public func decide(_ overflow: borrowing Overflow) -> OverflowDecision {
        let isEnough = overflow.queuedBytes - overflow.bytes + overflow.newcomerBytes <= overflow.maxBytes
        return isEnough ? .evictAll : .reject()
    }
}
