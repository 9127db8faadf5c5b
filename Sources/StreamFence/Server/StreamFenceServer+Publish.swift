import NIOCore
import StreamFenceDelivery

extension StreamFenceServer {
    /// Sends a value to every subscriber of a topic, encoded once with `JSONEncoder`.
    ///
    /// - Parameter key: names what the message is about; policies that replace a message by a newer one go by it.
    /// - Returns: the message's id, and how many subscribers there are on this server.
    /// - Throws: ``PublishError``, or what the encoder throws.
    @discardableResult
    public func publish(
        _ namespace: String,
        _ topic: String,
        _ value: some Encodable,
        key: String? = nil
    ) throws -> PublishReceipt {
        try publish(namespace, topic, payload: try MessagePayload(encoding: value), key: key)
    }

    /// Sends a payload to every subscriber of a topic: JSON that exists already, or bytes.
    ///
    /// - Returns: the message's id, and how many subscribers there are on this server.
    /// - Throws: ``PublishError``.
    @discardableResult
    public func publish(
        _ namespace: String,
        _ topic: String,
        payload: MessagePayload,
        key: String? = nil
    ) throws -> PublishReceipt {
        try publishing {
            let (pipeline, topic) = try find(namespace, topic)
            let id = pipeline.messageIDs.next()
            let message = try pipeline.message(payload, id: id, topic: topic, key: key)
            let recipients = try pipeline.fanout.publish(message, topic: topic.index)
            topic.published.count(bytes: payload.count)
            return PublishReceipt(messageID: id, recipients: recipients)
        }
    }

    /// Sends a value to one client.
    ///
    /// - Throws: ``PublishError``, also if the client is not subscribed to the topic; or what the encoder throws.
    @discardableResult
    public func publishTo(
        _ namespace: String,
        _ clientID: String,
        _ topic: String,
        _ value: some Encodable,
        key: String? = nil
    ) throws -> PublishReceipt {
        try publishTo(namespace, clientID, topic, payload: try MessagePayload(encoding: value), key: key)
    }

    /// Sends a payload to one client.
    ///
    /// - Throws: ``PublishError``, also if the client is not subscribed to the topic.
    @discardableResult
    public func publishTo(
        _ namespace: String,
        _ clientID: String,
        _ topic: String,
        payload: MessagePayload,
        key: String? = nil
    ) throws -> PublishReceipt {
        try publishing {
            let (pipeline, topic) = try find(namespace, topic)
            let id = pipeline.messageIDs.next()
            let message = try pipeline.message(payload, id: id, topic: topic, key: key)
            guard try pipeline.fanout.publish(message, topic: topic.index, to: clientID) else {
                throw PublishError(code: .notSubscribed, message: "\(clientID) is not subscribed to \(topic.name)")
            }
            topic.published.count(bytes: payload.count)
            return PublishReceipt(messageID: id, recipients: 1)
        }
    }

    /// Has the messages that clients publish on a topic handled. Replaces an earlier handler.
    ///
    /// - Throws: ``PublishError`` if there is no such namespace or topic.
    public func onMessage(_ namespace: String, _ topic: String, _ handler: @escaping InboundMessageHandler) throws {
        try publishing {
            try find(namespace, topic).1.inbound.handler = handler
        }
    }

    /// What became of a topic's messages so far, over all its subscribers.
    ///
    /// - Throws: ``PublishError`` if there is no such namespace or topic.
    public func deliveryCounts(_ namespace: String, _ topic: String) throws -> DeliveryCounts {
        try publishing { DeliveryCounts(try find(namespace, topic).1) }
    }

    private func find(_ namespace: String, _ topic: String) throws -> (NamespacePipeline, Topic) {
        guard let pipeline = pipelines[namespace] else {
            throw PublishError(code: .unknownNamespace, message: "there is no namespace \(namespace)")
        }
        return (pipeline, try pipeline.topic(topic))
    }

    private func publishing<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as RequestError {
            throw PublishError(error)
        }
    }
}

/// What a publisher gets back.
public struct PublishReceipt: Sendable {
    /// Names the message and no other one.
    public let messageID: MessageID
    /// How many subscribers the message was sent to. What became of it for each is counted, see
    /// ``StreamFenceServer/deliveryCounts(_:_:)``.
    public let recipients: Int
}

/// Why a message was not published.
public struct PublishError: Error, Sendable, CustomStringConvertible {
    /// A stable name for the reason. Open: later versions may add more.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name, such as `UNKNOWN_TOPIC`.
        public let description: String

        /// The server has no namespace of this path.
        public static let unknownNamespace = Code(description: "UNKNOWN_NAMESPACE")
        /// The namespace has no such topic.
        public static let unknownTopic = Code(description: ErrorCode.unknownTopic.rawValue)
        /// `publishTo` a client that is gone or not subscribed.
        public static let notSubscribed = Code(description: "NOT_SUBSCRIBED")
        /// Larger than `maxQueuedBytesPerClient`.
        public static let payloadTooLarge = Code(description: ErrorCode.payloadTooLarge.rawValue)
        /// Too much waits to be distributed: publish more slowly.
        public static let queueOverflow = Code(description: ErrorCode.queueOverflow.rawValue)
    }

    /// The reason, for programs.
    public let code: Code
    /// What was expected and what was found.
    public let message: String

    init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    init(_ error: RequestError) {
        self.init(code: Code(description: error.code.rawValue), message: error.message)
    }

    /// One line: the code, a colon and the message.
    public var description: String { "\(code): \(message)" }
}

/// What became of a topic's messages. Each one offered to a subscriber is in exactly one of the outcomes or still waits.
public struct DeliveryCounts: Sendable, Equatable {
    /// Offered to a subscriber.
    public let offered: Int
    /// BEST_EFFORT: given to the subscriber's connection.
    public let delivered: Int
    /// AT_LEAST_ONCE: acknowledged by the subscriber.
    public let acknowledged: Int
    /// Removed from a queue by its overflow policy, one by one: `DROP_OLDEST`. Or lost by the spill store.
    public let dropped: Int
    /// Replaced in its queue by a newer message of the same key: `COALESCE`, or `coalesce: true`.
    public let coalesced: Int
    /// Removed from a queue with all others, for a newer one: `SNAPSHOT_ONLY`, `minIntervalMs`.
    public let replaced: Int
    /// Refused by a full queue, or by the spill store.
    public let rejected: Int
    /// Older than `messageTTLMs` when its turn came.
    public let expired: Int
    /// AT_LEAST_ONCE: not acknowledged after all retries.
    public let retryExhausted: Int
    /// Still held when the subscriber left.
    public let discarded: Int
    /// Published by clients.
    public let received: Int
    /// The payloads of what clients published, attachments included, in bytes.
    public let receivedBytes: Int

    init(_ topic: Topic) {
        offered = topic.sum(\.offered)
        delivered = topic.sum { $0[.delivered] }
        acknowledged = topic.sum { $0[.acknowledged] }
        dropped = topic.sum { $0[.dropped] }
        coalesced = topic.sum { $0[.coalesced] }
        replaced = topic.sum { $0[.replaced] }
        rejected = topic.sum { $0[.rejected] }
        expired = topic.sum { $0[.expired] }
        retryExhausted = topic.sum { $0[.retryExhausted] }
        discarded = topic.sum { $0[.discarded] }
        received = topic.inbound.received.messages.value
        receivedBytes = topic.inbound.received.bytes.value
    }
}
