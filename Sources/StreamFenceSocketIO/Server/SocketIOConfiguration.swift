import NIOCore
import StreamFenceEngineIO

/// How a ``SocketIOServer`` treats its clients.
public struct SocketIOConfiguration: Sendable {
    /// Path, transports, heartbeat, limits of the transport.
    public var engine = EngineIOConfiguration()
    /// How long a client may be connected without having joined a namespace, default 45 seconds.
    public var connectTimeout: TimeAmount = .seconds(45)
    /// The largest `auth` a client may send when it joins a namespace, in bytes, default 16,384: it is kept as long as the
    /// client stays.
    public var maxAuthBytes = 16_384
    /// The most attachments a packet may have, default 10.
    public var maxAttachments = 10
    /// How many arrays and objects may be open inside one another in what a client sends, default 128.
    public var maxJSONDepth = JSONFragment.defaultMaxDepth
    /// The most namespaces one connection may be in, default any number.
    public var maxNamespacesPerConnection: Int?
    /// The most messages one connection may send in a second, default any number. A connection that sends more has joins
    /// refused, and is closed; a namespace may answer first.
    public var inboundMessagesPerSecond: Int?
    /// The most bytes one connection may send in messages in a second, attachments included, default any number.
    public var inboundBytesPerSecond: Int?
    /// The most TCP connections at a time, default any number. One beyond it is closed at once.
    public var maxConnections: Int?

    /// Every property has its default.
    public init() {}
}
