/// One namespace: its topics, how messages are delivered in it, and what happens when a client cannot keep up.
public struct NamespaceConfiguration: Sendable, Equatable {
    /// The Socket.IO namespace, starting with `/`.
    public var path: String
    /// At least one. A topic is also the name of the event its messages arrive as.
    public var topics: [String]
    /// Default ``DeliveryMode/bestEffort``.
    public var deliveryMode: DeliveryMode
    /// What happens to a message that finds its lane full; default none, that is ``OverflowAction/rejectNew`` or what
    /// ``overflowPolicy`` says.
    public var overflowAction: OverflowAction?
    /// The overflow policy by its name, instead of an ``overflowAction``; default none.
    public var overflowPolicy: PluginChoice?
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
    /// Whether a token is required to subscribe and to publish, default not: then none is looked at. Needs
    /// ``ServerConfiguration/auth``.
    public var authRequired: Bool
    /// What tokens are checked with; default none, that is ``ServerConfiguration/tokenValidator``.
    public var tokenValidator: PluginChoice?
    /// When a client's `publish` is acknowledged, default ``InboundAckPolicy/ackOnReceipt``.
    public var inboundAckPolicy: InboundAckPolicy
    /// What happens to a client's `publish`, default ``ClientPublish/relay``.
    public var clientPublish: ClientPublish
    /// Where a message's key stands in its payload, as a JSON pointer ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901))
    /// such as `/symbol`, for messages that are published without one. Default none: the topic is the key.
    public var coalesceKey: String?
    /// How long a message may wait for its client before it is discarded; default none, as long as it takes.
    public var messageTTL: Duration?
    /// How many of a topic's latest messages are kept for its new subscribers, at most 10,000; default 0.
    public var retain: Int
    /// The least time between two messages of a topic to one client, of which only the newest one waits; default none.
    public var minInterval: Duration?
    /// Whether a client is told with a `gap` event that messages were lost on the way to it, default not.
    public var notifyGaps: Bool
    /// AT_LEAST_ONCE: how the time between two attempts grows. Default none: it is ``ackTimeout`` each time.
    public var retryBackoff: RetryBackoff?
    /// AT_LEAST_ONCE: how clients acknowledge, default ``AckStyle/event``.
    public var ackStyle: AckStyle
    /// SPILL_TO_DISK: the most bytes all lanes of one client in this namespace hold on disk, default 268,435,456.
    public var maxSpillBytesPerClient: Int
    /// SPILL_TO_DISK: what keeps spilled messages; default none, that is ``ServerConfiguration/spillStore``.
    public var spillStore: PluginChoice?

    /// Every other option gets its default. Nothing is checked here, see ``ServerConfiguration/problems(at:)``.
    ///
    /// - Parameters:
    ///   - path: the Socket.IO namespace, starting with `/`.
    ///   - topics: at least one.
    public init(path: String, topics: [String]) {
        self.path = path
        self.topics = topics
        self.deliveryMode = .bestEffort
        self.overflowAction = nil
        self.overflowPolicy = nil
        self.maxQueuedMessagesPerClient = 64
        self.maxQueuedBytesPerClient = 524_288
        self.ackTimeout = .seconds(1)
        self.maxRetries = 0
        self.coalesce = false
        self.allowPolling = true
        self.maxInFlight = 1
        self.authRequired = false
        self.tokenValidator = nil
        self.inboundAckPolicy = .ackOnReceipt
        self.clientPublish = .relay
        self.coalesceKey = nil
        self.messageTTL = nil
        self.retain = 0
        self.minInterval = nil
        self.notifyGaps = false
        self.retryBackoff = nil
        self.ackStyle = .event
        self.maxSpillBytesPerClient = 268_435_456
        self.spillStore = nil
    }
}

/// How the time between two attempts of an unacknowledged message grows.
public struct RetryBackoff: Sendable, Equatable {
    /// What the time is multiplied by after each attempt, 1 to 10, default 2.
    public var multiplier: Double
    /// The longest it becomes, default 30 seconds; at least the namespace's ``NamespaceConfiguration/ackTimeout``.
    public var maxDelay: Duration

    /// The parameters are the properties. Nothing is checked here.
    public init(multiplier: Double = 2, maxDelay: Duration = .seconds(30)) {
        self.multiplier = multiplier
        self.maxDelay = maxDelay
    }
}
