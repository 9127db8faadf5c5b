import CStreamFencePlugin

/// The state a policy decides on: valid during the call only.
public struct Overflow: ~Copyable {
    /// In the contract's form, so that it goes through a plugin's boundary as it is.
    @usableFromInline
    package let state: UnsafePointer<sf_overflow>
    /// Keeps the state, where nobody else does.
    @usableFromInline
    let owner: OverflowState?
    /// More about the messages that wait and the newcomer.
    public let lane: any OverflowLane

    /// A state of somebody else's, who keeps it during the call.
    @inlinable
    package init(_ state: UnsafePointer<sf_overflow>, lane: any OverflowLane) {
        self.state = state
        self.lane = lane
        owner = nil
    }

    /// Made for tests of a policy. The parameters are the properties.
    public init(
        cause: OverflowCause,
        maxMessages: Int,
        maxBytes: Int,
        queuedBytes: Int,
        count: Int,
        bytes: Int,
        newcomerBytes: Int,
        lane: any OverflowLane
    ) {
        let owner = OverflowState(
            sf_overflow(
                cause: cause,
                maxMessages: maxMessages,
                maxBytes: maxBytes,
                queuedBytes: queuedBytes,
                count: count,
                bytes: bytes,
                newcomerBytes: newcomerBytes
            )
        )
        state = UnsafePointer(owner.pointer)
        self.owner = owner
        self.lane = lane
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
    /// Calls `body` with a state that is made for the call: what the core does for each overflow, without allocating anything.
    /// The parameters are the properties, none negative.
    @inlinable
    package static func with<Result>(
        cause: OverflowCause,
        maxMessages: Int,
        maxBytes: Int,
        queuedBytes: Int,
        count: Int,
        bytes: Int,
        newcomerBytes: Int,
        lane: any OverflowLane,
        _ body: (borrowing Overflow) -> Result
    ) -> Result {
        let state = sf_overflow(
            cause: cause,
            maxMessages: maxMessages,
            maxBytes: maxBytes,
            queuedBytes: queuedBytes,
            count: count,
            bytes: bytes,
            newcomerBytes: newcomerBytes
        )
        return withUnsafePointer(to: state) { body(Overflow($0, lane: lane)) }
    }
}

/// A state that belongs to an ``Overflow``.
@usableFromInline
final class OverflowState {
    let pointer: UnsafeMutablePointer<sf_overflow>

    init(_ state: sf_overflow) {
        pointer = .allocate(capacity: 1)
        pointer.initialize(to: state)
    }

    deinit {
        pointer.deallocate()
    }
}

extension sf_overflow {
    @inlinable
    init(
        cause: OverflowCause,
        maxMessages: Int,
        maxBytes: Int,
        queuedBytes: Int,
        count: Int,
        bytes: Int,
        newcomerBytes: Int
    ) {
        self.init(
            size: UInt32(MemoryLayout<sf_overflow>.size),
            cause: cause.code,
            count: UInt64(truncatingIfNeeded: count),
            bytes: UInt64(truncatingIfNeeded: bytes),
            newcomer_bytes: UInt64(truncatingIfNeeded: newcomerBytes),
            max_messages: UInt64(truncatingIfNeeded: maxMessages),
            max_bytes: UInt64(truncatingIfNeeded: maxBytes),
            queued_bytes: UInt64(truncatingIfNeeded: queuedBytes)
        )
    }
}

/// Read access to the messages that wait in a lane, oldest first, and to the newcomer. Messages in flight are not among them, as no
/// policy may touch those. Everything is read when it is asked for, and nothing else costs anything.
///
/// An index is 0 to ``Overflow/count`` - 1, 0 being the oldest, or nil for the newcomer. With another one the answer is 0, nil,
/// or no bytes.
public protocol OverflowLane {
    /// The namespace's path, such as `/feed`.
    var namespace: String { get }
    /// The lane's topic.
    var topic: String { get }
    /// The encoded size of a message in bytes, as it counts against the limits.
    func bytes(at index: Int?) -> Int
    /// What the policy's ``OverflowPolicy/rank(payload:key:)`` said of a message.
    func rank(at index: Int?) -> Int64
    /// The key that a message was published with, if any.
    func key(at index: Int?) -> String?
    /// Calls `body` with the payload of a message, JSON; valid during the call only.
    func withPayload(at index: Int?, _ body: (UnsafeRawBufferPointer) -> Void)
    /// The index of the newest waiting message with the same key as the one at `index`; nil if there is none. Messages without a
    /// key have the same. Found without a search.
    func newestOfSameKey(at index: Int?) -> Int?
}
