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
    /// The lane's waiting messages, oldest first, and the newcomer.
    public let queue: any OverflowQueue

    /// Made by the core; public so that a policy can be tested. The parameters are the properties.
    public init(
        cause: OverflowCause,
        maxMessages: Int,
        maxBytes: Int,
        queuedBytes: Int,
        queue: any OverflowQueue
    ) {
        self.cause = cause
        self.maxMessages = maxMessages
        self.maxBytes = maxBytes
        self.queuedBytes = queuedBytes
        self.queue = queue
    }

    /// The namespace's path, such as `/feed`.
    public var namespace: String { queue.namespace }
    /// The lane's topic.
    public var topic: String { queue.topic }
    /// The message that has no room.
    public var newcomer: MessageSummary { queue.newcomer }
}

/// Read access to a lane's waiting messages and the newcomer. Messages in flight are not among them, as no policy may touch
/// those. Everything is read when it is asked for, and nothing else costs anything.
public protocol OverflowQueue {
    /// The namespace's path, such as `/feed`.
    var namespace: String { get }
    /// The lane's topic.
    var topic: String { get }
    /// How many messages wait.
    var count: Int { get }
    /// The encoded size of all waiting messages, in bytes; kept, so asking costs nothing.
    var bytes: Int { get }
    /// The message that has no room.
    var newcomer: MessageSummary { get }
    /// The index of the newest waiting message of the newcomer's key; nil if there is none. Found without a search. Messages
    /// published without a key have the key nil.
    var newestOfNewcomersKey: Int? { get }
    /// The index of the newest waiting message with this key; nil if there is none. Found without a search.
    func lastIndex(ofKey key: String?) -> Int?
    /// The message at `index`, 0 being the oldest; nil outside `0..<count`.
    func message(at index: Int) -> MessageSummary?
    /// The encoded size of the message at `index`, in bytes; 0 outside `0..<count`.
    func bytes(at index: Int) -> Int
    /// What the policy's rank said of the message at `index`; 0 outside `0..<count`.
    func rank(at index: Int) -> Int64
    /// Calls `body` with the payload, JSON, of the message at `index`, or of the newcomer where that is nil; with nothing
    /// outside `0..<count`. The bytes are valid during the call only.
    func withPayload(at index: Int?, _ body: (UnsafeRawBufferPointer) -> Void)
}

/// What a policy may know of a message.
public struct MessageSummary: Sendable, Equatable {
    /// The encoded size in bytes, as it counts against the limits.
    public let bytes: Int
    /// The key given when the message was published, if any.
    public let key: String?
    /// What the policy's ``OverflowPolicy/rank(payload:key:)`` said of it.
    public let rank: Int64

    /// Made by the core; public so that a policy can be tested.
    ///
    /// - Parameters:
    ///   - bytes: the encoded size.
    ///   - key: the key given when the message was published, if any.
    ///   - rank: what the policy's rank said of it, default 0.
    public init(bytes: Int, key: String?, rank: Int64 = 0) {
        self.bytes = bytes
        self.key = key
        self.rank = rank
    }
}
