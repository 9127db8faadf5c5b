/// A limit had no room for a message on its way to one subscriber, and the namespace's overflow policy was asked.
public struct QueueOverflowEvent: Sendable, Equatable {
    /// The namespace's path.
    public let namespace: String
    /// Names the subscriber.
    public let clientID: String
    /// The topic's name.
    public let topic: String
    /// What had no room, or what failed.
    public let reason: QueueOverflowReason
    /// More for people, such as the words of a policy that refused the message.
    public let detail: String?
}

/// Why a message met an overflow. The raw values are the label `reason` of the metric `queue_overflow_total`.
public enum QueueOverflowReason: String, Sendable, CaseIterable {
    /// The lane holds `maxQueuedMessagesPerClient` messages.
    case queueFull = "queue_full"
    /// The client's lanes hold `maxQueuedBytesPerClient` bytes.
    case queueBytes = "queue_bytes"
    /// The server as a whole holds as many bytes as it may.
    case serverMemory = "server_memory"
    /// The message alone is larger than the client's limit.
    case messageTooLarge = "message_too_large"
    /// As much as may wait for the spill store waits already.
    case spillPending = "spill_pending"
    /// The client has spilled as much as it may.
    case spillClientQuota = "spill_client_quota"
    /// The server has spilled as much as it may.
    case spillQuota = "spill_quota"
    /// The spill store failed.
    case spillFailed = "spill_failed"
    /// What the spill store gave back was damaged.
    case spillDamaged = "spill_damaged"
    /// The policy's decision can't be carried out, and the message was refused.
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
