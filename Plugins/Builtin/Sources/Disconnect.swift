import StreamFencePluginKit

/// `disconnect`: a client that cannot keep up is disconnected, and may come back when it can.
public struct Disconnect: OverflowPolicy {
    /// A policy without settings.
    public init() {}

    /// Always ``OverflowDecision/disconnect(reason:)``, with the limit that was reached.
    @inline(__always)
    public func decide(_ overflow: borrowing Overflow) -> OverflowDecision {
        .disconnect(reason: "\(overflow.lane.topic): \(overflow.cause.rawValue)")
    }
}
