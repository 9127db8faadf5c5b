import StreamFencePluginKit

/// `reject-new`: what is queued stays, the newcomer is refused.
public struct RejectNew: OverflowPolicy {
    /// A policy without settings.
    public init() {}

    /// Always ``OverflowDecision/reject(reason:)``.
    @inline(__always)
    public func decide(_ overflow: borrowing Overflow) -> OverflowDecision {
        .reject()
    }
}
