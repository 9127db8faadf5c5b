/// Decides what happens when a message arrives at a lane that has no room for it.
///
/// A *lane* is one client's queue for one topic. The policy only decides; the core executes the decision and keeps the
/// accounts, so no policy can break them.
///
/// `decide` runs on the connection's event loop, only on overflow. It must not block: every client of that loop waits
/// while it runs.
public protocol OverflowPolicy: Sendable {
    /// What to do with `overflow.newcomer`.
    ///
    /// Called again, with the new state, while an eviction has not made enough room; a decision that makes no room at
    /// all is treated as a rejection.
    func decide(_ overflow: borrowing Overflow) -> OverflowDecision
}

/// What the core is to do with the newcomer and the queue.
public enum OverflowDecision: Sendable, Equatable {
    /// Remove this many of the oldest queued messages, then accept the newcomer at the end. Values below 1 reject;
    /// values above the length of the queue empty it.
    case evictOldest(count: Int)
    /// Remove the queued message at this index (0 is the oldest), then accept the newcomer at the end.
    /// An index out of range rejects.
    case evict(at: Int)
    /// Remove every queued message, then accept the newcomer. The removed ones count as replaced, not as dropped.
    case evictAll
    /// Put the newcomer in the place of the queued message at this index, which counts as coalesced. An index out of
    /// range rejects, and so does a place that is too small for the byte limit.
    case replace(at: Int)
    /// Refuse the newcomer; `reason` is for listeners and the log, where the limit's name says too little.
    case reject(reason: String? = nil)
    /// Keep the newcomer in the namespace's spill store, and whatever comes after it until the store is empty again.
    /// Where the namespace has none, or it has no room, the newcomer is refused.
    case spill
    /// Refuse the newcomer and close the client's connection; the client is told `reason`.
    case disconnect(reason: String)
}

/// Which limit has no room for the newcomer.
public enum OverflowCause: String, Sendable, Equatable {
    /// `maxQueuedMessagesPerClient`, counted per lane.
    case messages = "queue_full"
    /// `maxQueuedBytesPerClient`, counted over all lanes of the client in the namespace.
    case bytes = "queue_bytes"
    /// `maxQueuedBytes`, counted over all clients of the server: what one client may hold shrinks as it fills up.
    case memory = "server_memory"
}

/// The state a policy decides on: valid during the call only.
public struct Overflow: ~Copyable {
    /// Which limit has no room.
    public let cause: OverflowCause
    /// The namespace's path, such as `/feed`.
    public let namespace: String
    /// The lane's topic.
    public let topic: String
    /// The most messages the lane may hold.
    public let maxMessages: Int
    /// The most bytes the client's lanes in this namespace may hold together: `maxQueuedBytesPerClient`, or less while
    /// the server's memory is short.
    public let maxBytes: Int
    /// What the client's lanes in this namespace hold now, in encoded bytes.
    public let queuedBytes: Int
    /// The message that has no room.
    public let newcomer: MessageSummary
    /// The lane's waiting messages, oldest first.
    public let queue: any OverflowQueue

    /// Made by the core; public so that a policy can be tested. The parameters are the properties.
    public init(
        cause: OverflowCause,
        namespace: String,
        topic: String,
        maxMessages: Int,
        maxBytes: Int,
        queuedBytes: Int,
        newcomer: MessageSummary,
        queue: any OverflowQueue
    ) {
        self.cause = cause
        self.namespace = namespace
        self.topic = topic
        self.maxMessages = maxMessages
        self.maxBytes = maxBytes
        self.queuedBytes = queuedBytes
        self.newcomer = newcomer
        self.queue = queue
    }
}

/// Read access to a lane's waiting messages; in-flight ones are not among them, as no policy may touch those.
public protocol OverflowQueue {
    /// How many messages wait.
    var count: Int { get }
    /// The encoded size of all waiting messages, in bytes; kept, so asking costs nothing.
    var bytes: Int { get }
    /// The index of the newest waiting message with this key; nil if there is none. Found without a search. Messages
    /// published without a key have the key nil.
    func lastIndex(ofKey key: String?) -> Int?
    /// The message at `index`, 0 being the oldest; nil outside `0..<count`.
    func message(at index: Int) -> MessageSummary?
}

/// What a policy may know of a message.
public struct MessageSummary: Sendable, Equatable {
    /// The encoded size in bytes, as it counts against the limits.
    public let bytes: Int
    /// The key given when the message was published, if any.
    public let key: String?

    /// Made by the core; public so that a policy can be tested.
    ///
    /// - Parameters:
    ///   - bytes: the encoded size.
    ///   - key: the key given when the message was published, if any.
    public init(bytes: Int, key: String?) {
        self.bytes = bytes
        self.key = key
    }
}
