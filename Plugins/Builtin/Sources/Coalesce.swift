import StreamFencePluginKit

/// `coalesce`: the newcomer takes the place of the most recent queued message of the same key.
public struct Coalesce: OverflowPolicy {
    /// A policy without settings.
    public init() {}

    /// The place of the message that the newcomer makes stale; refuses the newcomer if there is none. Messages published
    /// without a key are about their topic as a whole, and so of the same key.
    @inline(__always)
    public func decide(_ overflow: borrowing Overflow) -> OverflowDecision {
        guard let index = overflow.lane.newestOfSameKey(at: nil) else { return .reject() }
        return .replace(at: index)
    }
}
