/// How one server listens and which namespaces it serves.
///
/// The options, their names and their defaults are those of the configuration file; times are `Duration` here where the
/// file says milliseconds. A value with a problem is refused by ``StreamFenceServer`` when it is made; ``problems(at:)`` lists
/// every problem without throwing.
public struct ServerConfiguration: Sendable, Equatable {
    /// Names the server in logs and in the file's `servers:` section.
    public var name: String
    /// The address to bind, default `0.0.0.0`.
    public var host: String
    /// The port to bind; 0 asks the system for a free one, which ``StreamFenceServer/port`` then tells.
    public var port: Int
    /// Plain or TLS, default plain.
    public var transport: TransportMode
    /// Which Engine.IO transports are served, default both.
    public var engineIOTransport: EngineIOTransportMode
    /// Whether tokens are checked, default not. With ``AuthMode/token`` they are, in each namespace that requires them, see
    /// ``NamespaceConfiguration/authRequired``.
    public var auth: AuthMode
    /// What tokens are checked with; default none. A namespace may choose another.
    public var tokenValidator: PluginChoice?
    /// Shorthand for the validator `static`: the tokens by principal, instead of a ``tokenValidator``; default none.
    public var staticTokens: [String: String]
    /// When a client has to show its token, at the latest; default ``AuthAt/subscribe``.
    public var authAt: AuthAt
    /// How long a client may be in a namespace that requires a token without having shown one, and how long checking a token
    /// may take; default 10 seconds.
    public var authTimeout: Duration
    /// How many tokens of one address may be refused in ``authRejectWindow`` before its tokens are not even looked at;
    /// default 20.
    public var authRejectMaxPerWindow: Int
    /// How far back refused tokens of an address are counted, default 60 seconds.
    public var authRejectWindow: Duration
    /// Whether a token may come in the query of the request that opens a connection, where proxies log it; default not.
    public var allowQueryToken: Bool
    /// Where lanes spill to, default `.streamfence-spill`, relative to the working directory.
    public var spillRootPath: String
    /// Certificate and key; required for ``TransportMode/wss`` and refused without it.
    public var tls: TLSConfiguration?
    /// At least one.
    public var namespaces: [NamespaceConfiguration]
    /// Time between the server's heartbeats, default 25 seconds.
    public var pingInterval: Duration
    /// How long a client may take to answer a heartbeat, default 20 seconds.
    public var pingTimeout: Duration
    /// The largest message accepted from a client, in bytes, default 1,000,000. A packet's attachments count.
    public var maxPayload: Int
    /// The most packets that a long-polling client is sent in one answer, attachments included; default none. A message with more
    /// attachments travels alone. Python's clients give up at more than 16, unless they are told otherwise.
    public var maxPacketsPerPoll: Int?
    /// How long a connection may exist without having joined a namespace, default 45 seconds.
    public var connectTimeout: Duration
    /// How long a new connection may take to send its first request's headers, the TLS handshake before them included, and any
    /// request's body to arrive; default 10 seconds.
    public var requestTimeout: Duration
    /// How long a long-polling client's upgrade may take, from when its websocket has connected; default 10 seconds. It polls on then.
    public var upgradeTimeout: Duration
    /// How long an HTTP connection may rest before its next request's headers have arrived, default 75 seconds.
    public var idleTimeout: Duration
    /// Which web origins may use the server, default none but the server's own.
    public var cors: CORSConfiguration
    /// Addresses, or blocks such as `10.0.0.0/8`, of proxies whose `X-Forwarded-For` is believed, default none: there every
    /// client has the address of the proxy that it came through.
    public var trustedProxies: [String]
    /// How much one client, one address, one principal and all of them may ask for.
    public var limits: LimitsConfiguration
    /// How long a stopping server waits for queued messages to reach their clients, default 5 seconds.
    public var shutdownDrain: Duration
    /// The most encoded bytes that all lanes of the server hold in memory; default none, that is
    /// ``defaultMaxQueuedBytes``.
    public var maxQueuedBytes: Int?
    /// What keeps the messages of lanes that spill, default `log`; a namespace may choose another.
    public var spillStore: PluginChoice
    /// The most bytes that all lanes of the server hold on disk, default 4,294,967,296.
    public var maxSpillBytes: Int
    /// The most bytes that may be on their way to the disk, default 16,777,216. They are in memory.
    public var maxSpillPendingBytes: Int
    /// Who is handed the server's metrics, default nobody.
    public var metrics: [PluginChoice]
    /// How often they are, default every 10 seconds.
    public var metricsInterval: Duration

    /// Every other option gets its default. Nothing is checked here, see ``problems(at:)``.
    ///
    /// - Parameters:
    ///   - name: names the server in logs, default `default`.
    ///   - host: the address to bind, default `0.0.0.0`.
    ///   - port: the port to bind; 0 asks the system for a free one.
    ///   - namespaces: at least one.
    public init(
        name: String = "default",
        host: String = "0.0.0.0",
        port: Int,
        namespaces: [NamespaceConfiguration]
    ) {
        self.name = name
        self.host = host
        self.port = port
        self.transport = .ws
        self.engineIOTransport = .webSocketOrPolling
        self.auth = .none
        self.tokenValidator = nil
        self.staticTokens = [:]
        self.authAt = .subscribe
        self.authTimeout = .seconds(10)
        self.authRejectMaxPerWindow = 20
        self.authRejectWindow = .seconds(60)
        self.allowQueryToken = false
        self.spillRootPath = ".streamfence-spill"
        self.tls = nil
        self.namespaces = namespaces
        self.pingInterval = .seconds(25)
        self.pingTimeout = .seconds(20)
        self.maxPayload = 1_000_000
        self.maxPacketsPerPoll = nil
        self.connectTimeout = .seconds(45)
        self.requestTimeout = .seconds(10)
        self.upgradeTimeout = .seconds(10)
        self.idleTimeout = .seconds(75)
        self.cors = CORSConfiguration()
        self.trustedProxies = []
        self.limits = LimitsConfiguration()
        self.shutdownDrain = .seconds(5)
        self.maxQueuedBytes = nil
        self.spillStore = PluginChoice(use: "log")
        self.maxSpillBytes = 4_294_967_296
        self.maxSpillPendingBytes = 16_777_216
        self.metrics = []
        self.metricsInterval = .seconds(10)
    }
}

/// Which web origins may use the server from a browser.
public struct CORSConfiguration: Sendable, Equatable {
    /// Origins such as `https://app.example.com`, `https://*.example.com` for every host below `example.com`, or `*` for any. Empty: a
    /// page of another origin is refused.
    public var origins: [String]

    /// - Parameter origins: the property; default none.
    public init(origins: [String] = []) {
        self.origins = origins
    }
}
