/// There was no room for a message on its way to one subscriber; or its spill store lost messages.
public struct QueueOverflowEvent: Sendable, Equatable {
    /// The namespace's path.
    public let namespace: String
    /// Names the subscriber.
    public let clientID: String
    /// The topic's name.
    public let topic: String
    /// What had no room, or what failed.
    public let reason: QueueOverflowReason
    /// How many messages: one that found no room, or all that a spill store lost at once.
    public let messages: Int
    /// More for people, such as the words of a policy that refused the message.
    public let detail: String?
}

/// Why a message met an overflow. The raw values are the label `reason` of the metric `queue_overflow_total`.
public enum QueueOverflowReason: String, Sendable, CaseIterable {
    /// The lane holds `maxQueuedMessagesPerClient` messages, or earlier ones wait in its spill store.
    case queueFull = "queue_full"
    /// The client's lanes hold `maxQueuedBytesPerClient` bytes.
    case queueBytes = "queue_bytes"
    /// The server's lanes hold `maxQueuedBytes` bytes, or so many that this client may hold no more of them.
    case serverMemory = "server_memory"
    /// The message alone is larger than `maxQueuedBytesPerClient`.
    case messageTooLarge = "message_too_large"
    /// `maxSpillPendingBytes` wait to be written to spill stores.
    case spillPending = "spill_pending"
    /// The client has spilled `maxSpillBytesPerClient` bytes.
    case spillClientQuota = "spill_client_quota"
    /// The server has spilled `maxSpillBytes` bytes.
    case spillQuota = "spill_quota"
    /// The spill store could not keep the message.
    case spillFailed = "spill_failed"
    /// The spill store did not give the message back as it was.
    case spillDamaged = "spill_damaged"
    /// The policy's decision makes no room, or may not be carried out in this namespace.
    case decisionInvalid = "decision_invalid"
}

/// A message was sent to a subscriber again, for want of an acknowledgement within `ackTimeout`.
public struct RetryEvent: Sendable, Equatable {
    /// The namespace's path.
    public let namespace: String
    /// Names the subscriber.
    public let clientID: String
    /// The topic's name.
    public let topic: String
    /// Names the message, the same in every attempt.
    public let messageID: MessageID
    /// Which retry it is, from 1.
    public let retryCount: Int
}

/// A message was given up for a subscriber: its last retry was not acknowledged either.
public struct RetryExhaustedEvent: Sendable, Equatable {
    /// The namespace's path.
    public let namespace: String
    /// Names the subscriber.
    public let clientID: String
    /// The topic's name.
    public let topic: String
    /// Names the message.
    public let messageID: MessageID
    /// How many retries there were.
    public let retryCount: Int
}
