/// The state a policy decides on: valid during the call only.
public struct Overflow: ~Copyable {
    /// Which limit has no room.
    public let cause: OverflowCause
    /// The most messages the lane may hold.
    public let maxMessages: Int
    /// The most bytes the client's lanes in this namespace may hold together: `maxQueuedBytesPerClient`, or less while
    /// the server's memory is short.
    public let maxBytes: Int
    /// What the client's lanes in this namespace hold now, in encoded bytes.
    public let queuedBytes: Int
    /// How many messages wait in the lane.
    public let count: Int
    /// The encoded size of all that wait in the lane, in bytes.
    public let bytes: Int
    /// The encoded size of the message that has no room, in bytes, as it counts against the limits.
    public let newcomerBytes: Int
    /// More about the messages that wait and the newcomer.
    public let lane: any OverflowLane

    /// Made by the core; public so that a policy can be tested. The parameters are the properties.
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
        self.cause = cause
        self.maxMessages = maxMessages
        self.maxBytes = maxBytes
        self.queuedBytes = queuedBytes
        self.count = count
        self.bytes = bytes
        self.newcomerBytes = newcomerBytes
        self.lane = lane
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
