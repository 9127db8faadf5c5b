import NIOCore

/// How an ``EngineIOServer`` treats its clients.
public struct EngineIOConfiguration: Sendable {
    /// The transports a client may use.
    public struct Transports: OptionSet, Sendable {
        /// A bit for each transport.
        public let rawValue: UInt8
        /// - Parameter rawValue: a bit for each transport; better made from ``polling`` and ``webSocket``.
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// HTTP long-polling.
        public static let polling = Transports(rawValue: 1)
        /// Websocket: from the start, or after an upgrade where ``polling`` is allowed too.
        public static let webSocket = Transports(rawValue: 2)
        /// Both, and the upgrade from one to the other.
        public static let all: Transports = [.polling, .webSocket]
    }

    /// Where the server answers, default `/socket.io/`.
    public var path = "/socket.io/"
    /// Default both.
    public var transports: Transports = .all
    /// Time between heartbeats, default 25 seconds.
    public var pingInterval: TimeAmount = .seconds(25)
    /// How long a client may take to answer a heartbeat, default 20 seconds.
    public var pingTimeout: TimeAmount = .seconds(20)
    /// The largest message or polling body accepted, in bytes, default 1,000,000.
    public var maxPayload = 1_000_000
    /// The most bytes of a request's headers, names and values, and of its target, default 65,536.
    public var maxHeaderBytes = 65_536
    /// The most headers of a request, default 100.
    public var maxHeaders = 100
    /// The most websocket frames a message may come in, default 10,000.
    public var maxFramesPerMessage = 10_000
    /// How long an upgrade may take from its probe on, default 10 seconds.
    public var upgradeTimeout: TimeAmount = .seconds(10)
    /// How long a new connection may take to send its first request's head, a TLS handshake before it included, and any
    /// request's body may take to arrive, default 10 seconds.
    public var requestTimeout: TimeAmount = .seconds(10)
    /// How long an HTTP connection may rest between two requests, the next one's head included, default 75 seconds.
    public var idleTimeout: TimeAmount = .seconds(75)
    /// The origins a browser's page may come from, besides the server's own: `https://app.example.com`, `https://*.example.com` for
    /// every host below `example.com`, or `*` for any. Default none.
    public var allowedOrigins: Set<String> = []
    /// Whether the connections are TLS, so that pages of the server's own origin come over `https`; default false: behind a proxy
    /// that speaks TLS for the server they may, or come over `http`.
    public var speaksTLS = false
    /// The proxies whose `X-Forwarded-For` is believed, default none.
    public var trustedProxies: [AddressRange] = []
    /// The most packets that a long-polling GET is answered with, each attachment one of its own, at least 1; default any number that
    /// fits `maxPayload`. A message that has more travels alone.
    public var maxPacketsPerPoll: Int?
    /// How many bytes a session fills into its connection at a time, default 65,536. While a client does not take them it
    /// waits: from half of it left over until a quarter.
    public var highWaterMark = 65_536
    /// The most bytes of messages sent by ``EngineIOSession/send(_:)`` that may wait for a client, default 4 MiB. A
    /// client that lets more pile up is disconnected with ``EngineIOCloseReason/slowConsumer``.
    public var maxBufferedBytes = 4 << 20

    /// The most sessions of one address at a time, default any number. IPv6 addresses count by their first 64 bits.
    public var maxSessionsPerAddress: Int?

    /// Every property has its default.
    public init() {}

    var packetsPerPoll: Int { maxPacketsPerPoll.map { max(1, $0) } ?? .max }

    /// When a websocket's channel counts as writable.
    var channelWaterMark: ChannelOptions.Types.WriteBufferWaterMark {
        .init(low: max(1, highWaterMark / 4), high: max(1, highWaterMark / 2))
    }
}
