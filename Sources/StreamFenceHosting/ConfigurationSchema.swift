import StreamFence

/// Every key a configuration file may hold. The decoder and the documentation's test read it from here, so a new key is one line
/// in one of these tables and one row in `docs/configuration.md`.
enum ConfigurationSchema {
    /// The file itself. ``ConfigurationDecoder`` reads `plugins`, which the rest is judged by, `management`, and
    /// `servers`, as its keys are names that the file chooses.
    static let file = SchemaPlace(
        title: "the top level of the file",
        available: ["servers", "plugins", "management"],
        unavailable: []
    )

    static let plugins = SchemaSection<PluginsConfiguration>(
        title: "the plugins section",
        start: PluginsConfiguration(),
        keys: [
            .text("directory", \.directory),
            .sections("load", \.load, pluginFile),
            .choice("builtin", \.builtin),
        ]
    )

    static let pluginFile = SchemaSection<PluginsConfiguration.File>(
        title: "an item of plugins.load",
        start: PluginsConfiguration.File(path: ""),
        keys: [
            .text("path", \.path).required,
            .text("sha256", \.sha256),
        ]
    )

    static let management = SchemaSection<ManagementConfiguration>(
        title: "the management section",
        start: ManagementConfiguration(port: 0),
        keys: [
            .text("host", \.host).judgedWith("token"),
            .integer("port", \.port).required,
            .text("token", \.token),
        ]
    )

    static let server = SchemaSection<ServerConfiguration>(
        title: "a server",
        start: ServerConfiguration(port: 0, namespaces: []),
        keys: [
            .text("host", \.host),
            .integer("port", \.port).required,
            .choice("transport", \.transport).judgedWith("tls"),
            .choice("engineIoTransport", \.engineIOTransport),
            .choice("auth", \.auth).judgedWith(
                "tokenValidator",
                "staticTokens",
                "namespaces[].authRequired",
                "namespaces[].tokenValidator"
            ),
            .plugin("tokenValidator", \.tokenValidator, unset: "none").judgedWith("auth"),
            .secrets("staticTokens", \.staticTokens).judgedWith("auth", "tokenValidator"),
            .choice("authAt", \.authAt).judgedWith("auth"),
            .milliseconds("authTimeoutMs", \.authTimeout).judgedWith("auth"),
            .integer("authRejectMaxPerWindow", \.authRejectMaxPerWindow).judgedWith("auth"),
            .milliseconds("authRejectWindowMs", \.authRejectWindow).judgedWith("auth"),
            .flag("allowQueryToken", \.allowQueryToken).judgedWith("auth"),
            .text("spillRootPath", \.spillRootPath),
            .texts("trustedProxies", \.trustedProxies),
            .section("tls", \.tls, tls).judgedWith("transport"),
            .sections("namespaces", \.namespaces, namespace).required,
            .milliseconds("pingIntervalMs", \.pingInterval),
            .milliseconds("pingTimeoutMs", \.pingTimeout),
            .integer("maxPayload", \.maxPayload),
            .integer("maxPacketsPerPoll", \.maxPacketsPerPoll, unset: "none").judgedWith("engineIoTransport"),
            .milliseconds("connectTimeoutMs", \.connectTimeout),
            .milliseconds("requestTimeoutMs", \.requestTimeout),
            .milliseconds("upgradeTimeoutMs", \.upgradeTimeout),
            .milliseconds("idleTimeoutMs", \.idleTimeout),
            .section("cors", \.cors, cors),
            .section("limits", \.limits, limits),
            .milliseconds("shutdownDrainMs", \.shutdownDrain),
            .integer("maxQueuedBytes", \.maxQueuedBytes, unset: "25 % of memory, at most 1073741824"),
            .plugin("spillStore", \.spillStore),
            .integer("maxSpillBytes", \.maxSpillBytes),
            .integer("maxSpillPendingBytes", \.maxSpillPendingBytes),
            .plugins("metrics", \.metrics),
            .milliseconds("metricsIntervalMs", \.metricsInterval).judgedWith("metrics"),
        ]
    )

    static let tls = SchemaSection<TLSConfiguration>(
        title: "a server's tls section",
        start: TLSConfiguration(certChainPemPath: "", privateKeyPemPath: ""),
        keys: [
            .text("certChainPemPath", \.certChainPemPath).required,
            .text("privateKeyPemPath", \.privateKeyPemPath).required,
            .choice("protocol", \.protocol),
            .text("privateKeyPassword", \.privateKeyPassword),
            .text("clientCaPemPath", \.clientCAPemPath).judgedWith("clientCertificateRequired", "auth"),
            .flag("clientCertificateRequired", \.clientCertificateRequired).judgedWith("clientCaPemPath"),
        ]
    )

    static let limits = SchemaSection<LimitsConfiguration>(
        title: "a server's limits section",
        start: LimitsConfiguration(),
        keys: [
            .integer("connections", \.connections, unset: "80 % of the files it may have open"),
            .integer("connectionsPerAddress", \.connectionsPerAddress, unset: "none"),
            .integer("connectionsPerPrincipal", \.connectionsPerPrincipal, unset: "none").judgedWith("auth"),
            .integer("namespacesPerConnection", \.namespacesPerConnection, unset: "none"),
            .integer("subscriptionsPerClient", \.subscriptionsPerClient, unset: "none"),
            .integer("inboundMessagesPerSecond", \.inboundMessagesPerSecond, unset: "none"),
            .integer("inboundBytesPerSecond", \.inboundBytesPerSecond, unset: "none"),
            .integer("headerBytes", \.headerBytes),
            .integer("headers", \.headers),
            .integer("framesPerMessage", \.framesPerMessage),
            .integer("attachmentsPerPacket", \.attachmentsPerPacket),
            .integer("jsonDepth", \.jsonDepth),
        ]
    )

    static let cors = SchemaSection<CORSConfiguration>(
        title: "a server's cors section",
        start: CORSConfiguration(),
        keys: [
            .texts("origins", \.origins)
        ]
    )

    static let namespace = SchemaSection<NamespaceConfiguration>(
        title: "a namespace",
        start: NamespaceConfiguration(path: "", topics: []),
        keys: [
            .text("path", \.path).required,
            .texts("topics", \.topics).required,
            .choice("deliveryMode", \.deliveryMode),
            .choice("overflowAction", \.overflowAction, unset: OverflowAction.rejectNew).judgedWith("deliveryMode"),
            .plugin("overflowPolicy", \.overflowPolicy, unset: "what overflowAction says").judgedWith("overflowAction"),
            .integer("maxQueuedMessagesPerClient", \.maxQueuedMessagesPerClient),
            .integer("maxQueuedBytesPerClient", \.maxQueuedBytesPerClient).judgedWith("maxQueuedBytes"),
            .milliseconds("ackTimeoutMs", \.ackTimeout).judgedWith("deliveryMode"),
            .integer("maxRetries", \.maxRetries).judgedWith("deliveryMode"),
            .flag("coalesce", \.coalesce).judgedWith("deliveryMode"),
            .flag("allowPolling", \.allowPolling),
            .integer("maxInFlight", \.maxInFlight).judgedWith("deliveryMode", "maxQueuedMessagesPerClient"),
            .flag("authRequired", \.authRequired).judgedWith("auth"),
            .plugin("tokenValidator", \.tokenValidator, unset: "the server's").judgedWith("auth", "authRequired"),
            .choice("inboundAckPolicy", \.inboundAckPolicy).judgedWith("clientPublish"),
            .choice("clientPublish", \.clientPublish),
            .text("coalesceKey", \.coalesceKey).judgedWith("overflowAction", "coalesce"),
            .milliseconds("messageTTLMs", \.messageTTL).judgedWith("deliveryMode"),
            .integer("retain", \.retain)
                .judgedWith("maxQueuedMessagesPerClient", "overflowAction", "minIntervalMs"),
            .milliseconds("minIntervalMs", \.minInterval).judgedWith("deliveryMode", "overflowAction"),
            .flag("notifyGaps", \.notifyGaps),
            .section("retryBackoff", \.retryBackoff, retryBackoff).judgedWith("deliveryMode"),
            .choice("ackStyle", \.ackStyle).judgedWith("deliveryMode"),
            .integer("maxSpillBytesPerClient", \.maxSpillBytesPerClient).judgedWith("overflowAction"),
            .plugin("spillStore", \.spillStore, unset: "the server's").judgedWith("overflowAction"),
            .unavailable("envelope"),
            .unavailable("metrics"),
        ]
    )

    static let retryBackoff = SchemaSection<RetryBackoff>(
        title: "a namespace's retryBackoff section",
        start: RetryBackoff(),
        keys: [
            .number("multiplier", \.multiplier),
            .milliseconds("maxDelayMs", \.maxDelay).judgedWith("ackTimeoutMs"),
        ]
    )

    /// The same for every kind of plugin. The name it starts from is no plugin's, so that options are not judged by one that
    /// the file didn't name.
    static let plugin = SchemaSection<PluginChoice>(
        title: "a plugin's section",
        start: PluginChoice(use: ""),
        keys: [
            .text("use", \.use).required,
            .options("options", \.options),
        ]
    )

    /// Where a key may stand, the outermost first.
    static let places = [
        file, server.place, namespace.place, tls.place, cors.place, retryBackoff.place, plugin.place, plugins.place,
        pluginFile.place, management.place,
    ]

    /// What ``SchemaKey/judgedWith`` says of a key, by its name: no name means two things in this schema. The last is an option
    /// of the spill store `log`, as options are no keys.
    static let judgedWith: [String: [String]] = Dictionary(
        server.keys.map { ($0.name, $0.judgedWith) } + namespace.keys.map { ($0.name, $0.judgedWith) }
            + retryBackoff.keys.map { ($0.name, $0.judgedWith) } + management.keys.map { ($0.name, $0.judgedWith) }
            + [("syncIntervalMs", ["sync"])],
        uniquingKeysWith: { $0 + $1 }
    )

    /// Every key, for the documentation.
    static let rows =
        [SchemaRow(key: "servers", type: "section of servers by name", shownDefault: "required", isAvailable: true)]
        + [SchemaRow(key: "plugins", type: "section", shownDefault: "as below", isAvailable: true)]
        + plugins.rows(under: "plugins")
        + file.unavailable.map { SchemaRow(key: $0, type: "", shownDefault: "", isAvailable: false) }
        + server.rows(under: "servers.NAME")
        + [SchemaRow(key: "management", type: "section", shownDefault: "none", isAvailable: true)]
        + management.rows(under: "management")
}
