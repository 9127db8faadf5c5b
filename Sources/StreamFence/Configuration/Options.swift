/// What a namespace promises of a message. The raw values are those of the configuration file.
public enum DeliveryMode: String, Sendable, CaseIterable {
    /// At most once; no acknowledgements.
    case bestEffort = "BEST_EFFORT"
    /// Sent again until acknowledged.
    case atLeastOnce = "AT_LEAST_ONCE"
}

/// What happens to a message that finds its lane full. The raw values are those of the configuration file.
public enum OverflowAction: String, Sendable, CaseIterable {
    /// The new message is refused; what waits stays.
    case rejectNew = "REJECT_NEW"
    /// The oldest waiting messages make room.
    case dropOldest = "DROP_OLDEST"
    /// The new message takes the place of the latest waiting one of the same key; without one it is refused.
    case coalesce = "COALESCE"
    /// Everything that waits makes way for the new message.
    case snapshotOnly = "SNAPSHOT_ONLY"
    /// What has no room in memory waits on disk.
    case spillToDisk = "SPILL_TO_DISK"
    /// The client is disconnected.
    case disconnect = "DISCONNECT"

    /// The policy's name in the registry: `DROP_OLDEST` is `drop-oldest`.
    public var policyName: String {
        String(rawValue.lowercased().map { $0 == "_" ? "-" : $0 })
    }
}

/// Plain or TLS.
public enum TransportMode: String, Sendable, CaseIterable {
    /// Plain.
    case ws = "WS"
    /// TLS, with the certificate of ``ServerConfiguration/tls``.
    case wss = "WSS"
}

/// Which Engine.IO transports a server accepts.
public enum EngineIOTransportMode: String, Sendable, CaseIterable {
    /// Websocket only: a client that begins with polling is refused.
    case webSocketOnly = "WEBSOCKET_ONLY"
    /// Either, and polling with an upgrade to websocket.
    case webSocketOrPolling = "WEBSOCKET_OR_POLLING"
}

/// Whether tokens are checked.
public enum AuthMode: String, Sendable, CaseIterable {
    /// No tokens are asked for.
    case none = "NONE"
    /// Tokens are checked, in the namespaces that require them.
    case token = "TOKEN"
}

/// When a client has to show its token, at the latest.
public enum AuthAt: String, Sendable, CaseIterable {
    /// With its first `subscribe` or `publish`; it may do so when it joins the namespace.
    case subscribe
    /// When it joins the namespace.
    case connect
}

/// When a client's `publish` is acknowledged.
public enum InboundAckPolicy: String, Sendable, CaseIterable {
    /// As soon as it was accepted.
    case ackOnReceipt = "ACK_ON_RECEIPT"
    /// When the topic's handler returned; an error it throws becomes `{ok: false}`.
    case ackAfterHandlerSuccess = "ACK_AFTER_HANDLER_SUCCESS"
}

/// What happens to a client's `publish`.
public enum ClientPublish: String, Sendable, CaseIterable {
    /// Given to the topic's handler and sent to the topic's subscribers, the sender included.
    case relay
    /// Given to the topic's handler only.
    case handle
    /// Refused with `PUBLISH_DENIED`.
    case deny
}

/// How clients acknowledge messages of AT_LEAST_ONCE.
public enum AckStyle: String, Sendable, CaseIterable {
    /// With the event `ack`.
    case event
    /// With Socket.IO's own acknowledgement, or with the event `ack`.
    case socketio
}
