/// Where a message that a client published came from.
public struct InboundMessageContext: Sendable {
    /// Names the client, as ``StreamFenceServer/publishTo(_:_:_:payload:key:)`` takes it.
    public let clientID: String
    /// The namespace's path, such as `/feed`.
    public let namespace: String
    /// The topic the message was published on.
    public let topic: String
    /// The id that the client's acknowledgement names, if it asked for one.
    public let messageID: MessageID
    /// Who the client authenticated as; nil where the namespace requires no token.
    public let principal: String?
    /// When it arrived, since 1970-01-01T00:00:00Z.
    public let receivedAt: Duration
}

/// Handles the messages that clients publish on a topic.
///
/// Called in a task, one message of a client after the other, in the order they arrived; those of different clients
/// concurrently. An error thrown reaches a client that asked for ``InboundAckPolicy/ackAfterHandlerSuccess`` and is logged
/// otherwise.
public typealias InboundMessageHandler = @Sendable (MessagePayload, InboundMessageContext) async throws -> Void
