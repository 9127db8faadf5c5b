/// What a namespace promises of a message. The raw values are those of the configuration file.
public enum DeliveryMode: String, Sendable, CaseIterable {
    /// At most once; no acknowledgements.
    case bestEffort = "BEST_EFFORT"
    /// Sent again until acknowledged.
    case atLeastOnce = "AT_LEAST_ONCE"
}

/// What happens to a message that finds its lane full. The raw values are those of the configuration file.
public enum OverflowAction: String, Sendable, CaseIterable {
    case rejectNew = "REJECT_NEW"
    case dropOldest = "DROP_OLDEST"
    case coalesce = "COALESCE"
    case snapshotOnly = "SNAPSHOT_ONLY"
    case spillToDisk = "SPILL_TO_DISK"
    case disconnect = "DISCONNECT"

    /// The policy's name in the registry: `DROP_OLDEST` is `drop-oldest`.
    public var policyName: String {
        String(rawValue.lowercased().map { $0 == "_" ? "-" : $0 })
    }
}

/// Plain or TLS.
public enum TransportMode: String, Sendable, CaseIterable {
    case ws = "WS"
    case wss = "WSS"
}

/// Which Engine.IO transports a server accepts.
public enum EngineIOTransportMode: String, Sendable, CaseIterable {
    case webSocketOnly = "WEBSOCKET_ONLY"
    case webSocketOrPolling = "WEBSOCKET_OR_POLLING"
}

/// Whether tokens are checked.
public enum AuthMode: String, Sendable, CaseIterable {
    case none = "NONE"
    case token = "TOKEN"
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
