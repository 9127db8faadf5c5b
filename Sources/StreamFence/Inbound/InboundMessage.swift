/// Where a message that a client published came from.
public struct InboundMessageContext: Sendable {
    public let clientID: String
    public let namespace: String
    public let topic: String
    public let messageID: MessageID
    /// Who the client authenticated as; nil where the namespace asks for no token.
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
