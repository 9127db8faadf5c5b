import CStreamFencePlugin

/// The state a policy decides on: valid during the call only.
///
/// Two pointers to the contract's own structures, so that it goes through a plugin's boundary as it is: a policy sees the same
/// whether it is linked or loaded.
public struct Overflow: ~Copyable {
    @usableFromInline
    package let state: UnsafePointer<sf_overflow>
    /// More about the messages that wait and the newcomer.
    public let lane: OverflowLane

    /// A state of somebody else's, who keeps it during the call.
    @inlinable
    package init(_ state: UnsafePointer<sf_overflow>, _ lane: UnsafePointer<sf_lane>) {
        self.state = state
        self.lane = OverflowLane(lane)
    }

    /// Which limit has no room.
    @inlinable
    public var cause: OverflowCause { OverflowCause(code: state.pointee.cause) }
    /// The most messages the lane may hold.
    @inlinable
    public var maxMessages: Int { Int(clamping: state.pointee.max_messages) }
    /// The most bytes the client's lanes in this namespace may hold together: `maxQueuedBytesPerClient`, or less while
    /// the server's memory is short.
    @inlinable
    public var maxBytes: Int { Int(clamping: state.pointee.max_bytes) }
    /// What the client's lanes in this namespace hold now, in encoded bytes.
    @inlinable
    public var queuedBytes: Int { Int(clamping: state.pointee.queued_bytes) }
    /// How many messages wait in the lane.
    @inlinable
    public var count: Int { Int(clamping: state.pointee.count) }
    /// The encoded size of all that wait in the lane, in bytes.
    @inlinable
    public var bytes: Int { Int(clamping: state.pointee.bytes) }
    /// The encoded size of the message that has no room, in bytes, as it counts against the limits.
    @inlinable
    public var newcomerBytes: Int { Int(clamping: state.pointee.newcomer_bytes) }
}

extension Overflow {
    /// Makes a state and has it decided on: what the core does for each overflow, and what a test of a policy does.
    ///
    /// Allocates nothing, unless `decide` asks for keys, payloads or names. The parameters are the properties; negative
    /// numbers count as 0.
    ///
    /// - Parameters:
    ///   - asksForNewest: whether the policy is known to ask for the newest message of the newcomer's key: `lane` is asked at once
    ///     then, which spares a plugin a call.
    ///   - lane: what is read through ``lane``.
    ///   - decide: called once, with a state that is valid during the call.
    @inlinable
    public static func with(
        cause: OverflowCause,
        maxMessages: Int,
        maxBytes: Int,
        queuedBytes: Int,
        count: Int,
        bytes: Int,
        newcomerBytes: Int,
        asksForNewest: Bool = false,
        lane: any LaneContents,
        decide: (borrowing Overflow) -> OverflowDecision
    ) -> OverflowDecision {
        let state = sf_overflow(
            size: UInt32(MemoryLayout<sf_overflow>.size),
            cause: cause.code,
            count: UInt64(clamping: count),
            bytes: UInt64(clamping: bytes),
            newcomer_bytes: UInt64(clamping: newcomerBytes),
            max_messages: UInt64(clamping: maxMessages),
            max_bytes: UInt64(clamping: maxBytes),
            queued_bytes: UInt64(clamping: queuedBytes)
        )
        var lent = LentLane(lane)
        return withUnsafeMutablePointer(to: &lent) { lent in
            withUnsafePointer(to: LentLane.lane(lent, asksForNewest: asksForNewest)) { lane in
                withUnsafePointer(to: state) { decide(Overflow($0, lane)) }
            }
        }
    }
}

extension OverflowCause {
    @inlinable
    package var code: UInt32 {
        switch self {
        case .messages: UInt32(SF_CAUSE_MESSAGES)
        case .bytes: UInt32(SF_CAUSE_BYTES)
        case .memory: UInt32(SF_CAUSE_MEMORY)
        }
    }

    @inlinable
    init(code: UInt32) {
        switch code {
        case UInt32(SF_CAUSE_MESSAGES): self = .messages
        case UInt32(SF_CAUSE_MEMORY): self = .memory
        default: self = .bytes
        }
    }
}
