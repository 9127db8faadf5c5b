/// Decides whether a token may be used for an action.
///
/// Called several at once, on one of eight threads that may block: what waits for something asynchronously leaves its thread to
/// others meanwhile. After the server's time-out, `authTimeoutMs`, the token is refused and the task is cancelled.
public protocol TokenValidator: Sendable {
    /// Decides on one token.
    ///
    /// - Throws: what kept it from finding out. The token is refused, and that counts as the validator's failure: unlike a
    ///   ``TokenDecision/reject(reason:)``, it does not count against the client's address.
    func validate(_ request: TokenRequest) async throws -> TokenDecision
}

/// What a token is presented for.
public struct TokenRequest: Sendable {
    /// What the client wants to do.
    public enum Action: String, Sendable {
        /// To join the namespace; to receive a topic; to send on one.
        case connect, subscribe, publish
    }

    /// The token as the client sent it. Never log it.
    public let token: String
    /// The namespace's path, such as `/feed`.
    public let namespace: String
    /// The topic; nil for ``Action/connect``.
    public let topic: String?
    /// What the client wants to do.
    public let action: Action
    /// The client's address, without the port.
    public let remoteAddress: String

    /// Made by the core; public so that a validator can be tested. The parameters are the properties.
    public init(token: String, namespace: String, topic: String?, action: Action, remoteAddress: String) {
        self.token = token
        self.namespace = namespace
        self.topic = topic
        self.action = action
        self.remoteAddress = remoteAddress
    }
}

/// The answer to a ``TokenRequest``.
public enum TokenDecision: Sendable, Equatable {
    /// The token is good.
    ///
    /// - `principal`: who it belongs to; not empty, and never the token itself.
    /// - `expiresAt`: until when, since 1970-01-01T00:00:00Z; nil for ever.
    /// - `grants`: what the principal may do, which then decides by itself; nil for what was asked, and the validator is asked
    ///   about each further action and topic.
    case accept(principal: String, expiresAt: Duration? = nil, grants: [TokenGrant]? = nil)
    /// The token is refused; `reason` goes to the log and the listeners, never to the client.
    case reject(reason: String)
}

/// What a principal may do on a topic.
public struct TokenGrant: Sendable, Equatable {
    /// One topic, or `*` for all.
    public let topic: String
    /// Of ``TokenRequest/Action/subscribe`` and ``TokenRequest/Action/publish``, those that are allowed.
    public let actions: Set<TokenRequest.Action>

    /// The parameters are the properties.
    public init(topic: String, actions: Set<TokenRequest.Action>) {
        self.topic = topic
        self.actions = actions
    }
}
