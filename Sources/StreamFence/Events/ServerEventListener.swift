/// Gets to know what happens in a server; registered with ``StreamFenceServer/addListener(_:bufferingAtMost:)``.
///
/// Every method does nothing by default. They are called in a task of the listener's own, one event after the other: those
/// of one client in the order they happened, and never on a path that messages take. A method may wait as long as it likes,
/// without blocking its thread; meanwhile events are buffered, and those beyond the buffer are lost to this listener alone,
/// counted and logged. An error it throws is logged, and the next event follows.
public protocol ServerEventListener: Sendable {
    /// The server is about to bind its port.
    func onServerStarting(_ event: ServerStartingEvent) async throws
    /// The server has bound its port; comes before anything a client does.
    func onServerStarted(_ event: ServerStartedEvent) async throws
    /// The server has been asked to stop.
    func onServerStopping(_ event: ServerStoppingEvent) async throws
    /// The server has stopped; the last call.
    func onServerStopped(_ event: ServerStoppedEvent) async throws
    /// A client has joined a namespace.
    func onClientConnected(_ event: ClientConnectedEvent) async throws
    /// A client has left a namespace, and its subscriptions with it.
    func onClientDisconnected(_ event: ClientDisconnectedEvent) async throws
    /// A client has subscribed to a topic.
    func onSubscribed(_ event: SubscribedEvent) async throws
    /// A client has given a subscription up.
    func onUnsubscribed(_ event: UnsubscribedEvent) async throws
    /// A message that a client published was accepted.
    func onPublishAccepted(_ event: PublishAcceptedEvent) async throws
    /// A message that a client published was refused.
    func onPublishRejected(_ event: PublishRejectedEvent) async throws
    /// A limit had no room for a message on its way to one subscriber.
    func onQueueOverflow(_ event: QueueOverflowEvent) async throws
    /// A client was refused for want of a good token.
    func onAuthRejected(_ event: AuthRejectedEvent) async throws
    /// A message was sent to a subscriber again, for want of an acknowledgement.
    func onRetry(_ event: RetryEvent) async throws
    /// A message was given up for a subscriber, after its last retry.
    func onRetryExhausted(_ event: RetryExhaustedEvent) async throws
}

extension ServerEventListener {
    /// Does nothing.
    public func onServerStarting(_ event: ServerStartingEvent) async throws {}
    /// Does nothing.
    public func onServerStarted(_ event: ServerStartedEvent) async throws {}
    /// Does nothing.
    public func onServerStopping(_ event: ServerStoppingEvent) async throws {}
    /// Does nothing.
    public func onServerStopped(_ event: ServerStoppedEvent) async throws {}
    /// Does nothing.
    public func onClientConnected(_ event: ClientConnectedEvent) async throws {}
    /// Does nothing.
    public func onClientDisconnected(_ event: ClientDisconnectedEvent) async throws {}
    /// Does nothing.
    public func onSubscribed(_ event: SubscribedEvent) async throws {}
    /// Does nothing.
    public func onUnsubscribed(_ event: UnsubscribedEvent) async throws {}
    /// Does nothing.
    public func onPublishAccepted(_ event: PublishAcceptedEvent) async throws {}
    /// Does nothing.
    public func onPublishRejected(_ event: PublishRejectedEvent) async throws {}
    /// Does nothing.
    public func onQueueOverflow(_ event: QueueOverflowEvent) async throws {}
    /// Does nothing.
    public func onAuthRejected(_ event: AuthRejectedEvent) async throws {}
    /// Does nothing.
    public func onRetry(_ event: RetryEvent) async throws {}
    /// Does nothing.
    public func onRetryExhausted(_ event: RetryExhaustedEvent) async throws {}
}
