import StreamFenceDelivery

/// Tells listeners what happens to messages in a namespace's lanes.
struct EventObserver: LaneObserver {
    let namespace: String
    let events: EventHub
    let messageIDs: MessageID.Source

    func overflowed(client: String, topic: String, reason: OverflowReason, messages: Int, detail: String?) {
        events.emit(
            .queueOverflow(
                QueueOverflowEvent(
                    namespace: namespace,
                    clientID: client,
                    topic: topic,
                    reason: QueueOverflowReason(reason),
                    messages: messages,
                    detail: detail
                )
            )
        )
    }

    func retried(client: String, topic: String, message: UInt64, retries: Int) {
        events.emit(
            .retry(
                RetryEvent(
                    namespace: namespace,
                    clientID: client,
                    topic: topic,
                    messageID: messageIDs.id(of: message),
                    retryCount: retries
                )
            )
        )
    }

    func retryExhausted(client: String, topic: String, message: UInt64, retries: Int) {
        events.emit(
            .retryExhausted(
                RetryExhaustedEvent(
                    namespace: namespace,
                    clientID: client,
                    topic: topic,
                    messageID: messageIDs.id(of: message),
                    retryCount: retries
                )
            )
        )
    }
}

extension QueueOverflowReason {
    init(_ reason: OverflowReason) {
        switch reason {
        case .queueFull: self = .queueFull
        case .queueBytes: self = .queueBytes
        case .serverMemory: self = .serverMemory
        case .messageTooLarge: self = .messageTooLarge
        case .spillPending: self = .spillPending
        case .spillClientQuota: self = .spillClientQuota
        case .spillQuota: self = .spillQuota
        case .spillFailed: self = .spillFailed
        case .spillDamaged: self = .spillDamaged
        case .decisionInvalid: self = .decisionInvalid
        }
    }
}
