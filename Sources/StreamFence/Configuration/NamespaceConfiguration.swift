/// One namespace: its topics, how messages are delivered in it, and what happens when a client cannot keep up.
public struct NamespaceConfiguration: Sendable, Equatable {
    /// The Socket.IO namespace, starting with `/`.
    public var path: String
    /// At least one. A topic is also the name of the event its messages arrive as.
    public var topics: [String]
    /// Default ``DeliveryMode/bestEffort``.
    public var deliveryMode: DeliveryMode
    /// What happens to a message that finds its lane full, default ``OverflowAction/rejectNew``.
    public var overflowAction: OverflowAction
    /// The most messages one client's lane for one topic holds, default 64.
    public var maxQueuedMessagesPerClient: Int
    /// The most bytes all lanes of one client in this namespace hold, default 524,288. Encoded bytes count.
    public var maxQueuedBytesPerClient: Int
    /// AT_LEAST_ONCE: how long to wait for an acknowledgement before sending again, default 1 second.
    public var ackTimeout: Duration
    /// AT_LEAST_ONCE: how often a message is sent again, default 0.
    public var maxRetries: Int
    /// Whether a message replaces a queued one of the same key before the lane is full, default not.
    public var coalesce: Bool
    /// Whether clients may use long-polling in this namespace, default yes.
    public var allowPolling: Bool
    /// AT_LEAST_ONCE: how many messages may await their acknowledgement at once, default 1.
    public var maxInFlight: Int
    /// Whether a token is required, default not.
    public var authRequired: Bool
    /// When a client's `publish` is acknowledged, default ``InboundAckPolicy/ackOnReceipt``.
    public var inboundAckPolicy: InboundAckPolicy
    /// What happens to a client's `publish`, default ``ClientPublish/relay``.
    public var clientPublish: ClientPublish

    /// Every other option gets its default. Nothing is checked here, see ``ServerConfiguration/problems(at:)``.
    ///
    /// - Parameters:
    ///   - path: the Socket.IO namespace, starting with `/`.
    ///   - topics: at least one.
    public init(path: String, topics: [String]) {
        self.path = path
        self.topics = topics
        self.deliveryMode = .bestEffort
        self.overflowAction = .rejectNew
        self.maxQueuedMessagesPerClient = 64
        self.maxQueuedBytesPerClient = 524_288
        self.ackTimeout = .seconds(1)
        self.maxRetries = 0
        self.coalesce = false
        self.allowPolling = true
        self.maxInFlight = 1
        self.authRequired = false
        self.inboundAckPolicy = .ackOnReceipt
        self.clientPublish = .relay
    }
}
