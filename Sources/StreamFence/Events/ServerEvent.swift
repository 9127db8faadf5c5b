/// Something that happened in a server, as ``StreamFenceServer/events(bufferingAtMost:)`` hands it out.
///
/// Open to further cases in later versions: give a `switch` over it a `default`.
public enum ServerEvent: Sendable, Equatable {
    /// The server is about to bind its port.
    case serverStarting(ServerStartingEvent)
    /// The port is bound, and clients are about to be accepted.
    case serverStarted(ServerStartedEvent)
    /// The server has been asked to stop.
    case serverStopping(ServerStoppingEvent)
    /// Every connection is closed; the last event there is.
    case serverStopped(ServerStoppedEvent)
    /// A client has joined a namespace.
    case clientConnected(ClientConnectedEvent)
    /// A client has left a namespace.
    case clientDisconnected(ClientDisconnectedEvent)
    /// A client has subscribed to a topic.
    case subscribed(SubscribedEvent)
    /// A client has given a subscription up.
    case unsubscribed(UnsubscribedEvent)
    /// A client's message was accepted.
    case publishAccepted(PublishAcceptedEvent)
    /// A client's message was refused.
    case publishRejected(PublishRejectedEvent)
    /// A limit had no room for a message on its way to a subscriber.
    case queueOverflow(QueueOverflowEvent)
    /// A client was refused for want of a good token.
    case authRejected(AuthRejectedEvent)
    /// A message was sent again, for want of an acknowledgement.
    case retry(RetryEvent)
    /// A message was given up, after its last retry.
    case retryExhausted(RetryExhaustedEvent)
}

extension ServerEvent {
    /// The listener's method for this event, for logs.
    var callback: String {
        switch self {
        case .serverStarting: return "onServerStarting"
        case .serverStarted: return "onServerStarted"
        case .serverStopping: return "onServerStopping"
        case .serverStopped: return "onServerStopped"
        case .clientConnected: return "onClientConnected"
        case .clientDisconnected: return "onClientDisconnected"
        case .subscribed: return "onSubscribed"
        case .unsubscribed: return "onUnsubscribed"
        case .publishAccepted: return "onPublishAccepted"
        case .publishRejected: return "onPublishRejected"
        case .queueOverflow: return "onQueueOverflow"
        case .authRejected: return "onAuthRejected"
        case .retry: return "onRetry"
        case .retryExhausted: return "onRetryExhausted"
        }
    }

    /// Calls the listener's method for this event.
    func deliver(to listener: some ServerEventListener) async throws {
        switch self {
        case .serverStarting(let event): try await listener.onServerStarting(event)
        case .serverStarted(let event): try await listener.onServerStarted(event)
        case .serverStopping(let event): try await listener.onServerStopping(event)
        case .serverStopped(let event): try await listener.onServerStopped(event)
        case .clientConnected(let event): try await listener.onClientConnected(event)
        case .clientDisconnected(let event): try await listener.onClientDisconnected(event)
        case .subscribed(let event): try await listener.onSubscribed(event)
        case .unsubscribed(let event): try await listener.onUnsubscribed(event)
        case .publishAccepted(let event): try await listener.onPublishAccepted(event)
        case .publishRejected(let event): try await listener.onPublishRejected(event)
        case .queueOverflow(let event): try await listener.onQueueOverflow(event)
        case .authRejected(let event): try await listener.onAuthRejected(event)
        case .retry(let event): try await listener.onRetry(event)
        case .retryExhausted(let event): try await listener.onRetryExhausted(event)
        }
    }
}
