import StreamFenceEngineIO

/// A client has joined a namespace.
public struct ClientConnectedEvent: Sendable, Equatable {
    /// The namespace's path, such as `/feed`.
    public let namespace: String
    /// Names the client in this namespace, as ``StreamFenceServer/publishTo(_:_:_:payload:key:)`` takes it.
    public let clientID: String
    /// What carries the client now; one on polling may move to a websocket later.
    public let transport: EngineIOTransport
    /// Who the client authenticated as; nil where it has shown no token yet, or the namespace requires none.
    public let principal: String?
}

/// A client has left a namespace, and all of its subscriptions with it: no ``UnsubscribedEvent`` comes for those.
public struct ClientDisconnectedEvent: Sendable, Equatable {
    /// The namespace's path.
    public let namespace: String
    /// Names the client.
    public let clientID: String
    /// Why, as Socket.IO words it: such as `transport close`, `ping timeout` or `client namespace disconnect`; or
    /// `authentication timeout` or `authentication expired`.
    public let reason: String
}

/// A client has subscribed to a topic. A second request for a subscription there is already gives no second event.
public struct SubscribedEvent: Sendable, Equatable {
    /// The namespace's path.
    public let namespace: String
    /// Names the client.
    public let clientID: String
    /// The topic's name.
    public let topic: String
}

/// A client has given a subscription up. Not for those it leaves behind when it disconnects, nor for a request to end a
/// subscription there is none of.
public struct UnsubscribedEvent: Sendable, Equatable {
    /// The namespace's path.
    public let namespace: String
    /// Names the client.
    public let clientID: String
    /// The topic's name.
    public let topic: String
}

/// A message that a client published was accepted: given to its handler, relayed to the topic's subscribers, or both.
///
/// Each message gives either this event or a ``PublishRejectedEvent``. Where the namespace acknowledges after its handler's
/// success, the handler decides which, and the event may come when its client has left already. What the queues of single
/// subscribers do with the message is a ``QueueOverflowEvent``.
public struct PublishAcceptedEvent: Sendable, Equatable {
    /// The namespace's path.
    public let namespace: String
    /// Names the client that published.
    public let clientID: String
    /// The topic's name.
    public let topic: String
}

/// A message that a client published was refused, or its handler failed where the namespace acknowledges after success.
public struct PublishRejectedEvent: Sendable, Equatable {
    /// The namespace's path.
    public let namespace: String
    /// Names the client that published.
    public let clientID: String
    /// The topic as the client named it; one that the namespace does not have is cut after 256 bytes. Nil where the
    /// request names none.
    public let topic: String?
    /// The reason, for programs; the client was told the same.
    public let reasonCode: ErrorCode
    /// The reason, for people; the client was told the same.
    public let reason: String
}

/// A client was refused for want of a good token. Not for tokens that were not looked at, as too many of their address were
/// refused: those are counted only.
public struct AuthRejectedEvent: Sendable, Equatable {
    /// The namespace's path.
    public let namespace: String
    /// Names the client; nil where it was refused before it had joined.
    public let clientID: String?
    /// The client's address, as trusted proxies tell it where it came through any; nil where the system does not tell.
    public let remoteAddress: String?
    /// The reason, for people. Never holds the token.
    public let reason: String
}
