import StreamFencePluginKit

/// `reject-new`: what is queued stays, the newcomer is refused.
public struct RejectNew: OverflowPolicy {
    public init() {}

    public func decide(_ overflow: borrowing Overflow) -> OverflowDecision {
        .reject
    }
}
