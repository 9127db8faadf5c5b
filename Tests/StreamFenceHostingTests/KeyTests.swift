import StreamFence
import Testing

@testable import StreamFenceHosting

/// One key with a value that is not its default, and what the configuration then says.
struct KeyCase: Sendable, CustomTestStringConvertible {
    let key: String
    let yaml: String
    let isObeyed: @Sendable (ConfigurationDecoder) -> Bool

    var testDescription: String { key }

    init(key: String, yaml: String, isObeyed: @escaping @Sendable (ServerConfiguration) -> Bool) {
        self.init(key: key, yaml: yaml, isObeyedByFile: { $0.servers.first.map(isObeyed) ?? false })
    }

    private init(key: String, yaml: String, isObeyedByFile: @escaping @Sendable (ConfigurationDecoder) -> Bool) {
        self.key = key
        self.yaml = yaml
        isObeyed = isObeyedByFile
    }

    static func plugins(
        _ key: String,
        _ yaml: String,
        _ isObeyed: @escaping @Sendable (PluginsConfiguration) -> Bool
    ) -> KeyCase {
        KeyCase(key: key, yaml: "servers: {feed: {}}\nplugins: \(yaml)") { isObeyed($0.plugins) }
    }

    static func management(
        _ key: String,
        _ value: String,
        _ isObeyed: @escaping @Sendable (ManagementConfiguration) -> Bool
    ) -> KeyCase {
        KeyCase(key: "management.\(key)", yaml: "management:\n  \(key): \(value)\n") {
            $0.management.map(isObeyed) ?? false
        }
    }

    static func wholeManagement(_ yaml: String, _ expected: ManagementConfiguration) -> KeyCase {
        KeyCase(key: "management", yaml: "management: \(yaml)\n") { $0.management == expected }
    }

    static func server(
        _ key: String,
        _ value: String,
        _ isObeyed: @escaping @Sendable (ServerConfiguration) -> Bool
    ) -> KeyCase {
        let yaml = "servers:\n  feed:\n    \(key): \(value)\n"
        return KeyCase(key: "servers.NAME.\(key)", yaml: yaml, isObeyed: isObeyed)
    }

    static func nested(
        _ section: String,
        _ key: String,
        _ value: String,
        _ isObeyed: @escaping @Sendable (ServerConfiguration) -> Bool
    ) -> KeyCase {
        let yaml = "servers:\n  feed:\n    \(section):\n      \(key): \(value)\n"
        return KeyCase(key: "servers.NAME.\(section).\(key)", yaml: yaml, isObeyed: isObeyed)
    }

    static func namespace(
        _ key: String,
        _ value: String,
        _ isObeyed: @escaping @Sendable (NamespaceConfiguration) -> Bool
    ) -> KeyCase {
        let yaml = "servers:\n  feed:\n    namespaces:\n      - \(key): \(value)\n"
        return KeyCase(key: "servers.NAME.namespaces[].\(key)", yaml: yaml) { server in
            server.namespaces.first.map(isObeyed) ?? false
        }
    }

    static func nested(
        inNamespace section: String,
        _ key: String,
        _ value: String,
        _ isObeyed: @escaping @Sendable (NamespaceConfiguration) -> Bool
    ) -> KeyCase {
        let yaml = "servers:\n  feed:\n    namespaces:\n      - \(section):\n          \(key): \(value)\n"
        return KeyCase(key: "servers.NAME.namespaces[].\(section).\(key)", yaml: yaml) { server in
            server.namespaces.first.map(isObeyed) ?? false
        }
    }
}

let keyCases: [KeyCase] = [
    KeyCase(key: "servers", yaml: "servers: {feed: {}}") { $0.name == "feed" },
    .plugins("plugins", "{builtin: linked}") { $0 == PluginsConfiguration(builtin: .linked) },
    .plugins("plugins.directory", "{directory: /plugins}") { $0.directory == "/plugins" },
    .plugins("plugins.load", "{load: [{path: a.so}, {path: b.so}]}") { $0.load.map(\.path) == ["a.so", "b.so"] },
    .plugins("plugins.load[].path", "{load: [{path: a.so}]}") { $0.load == [.init(path: "a.so")] },
    .plugins("plugins.load[].sha256", "{load: [{sha256: 9f}]}") { $0.load.first?.sha256 == "9f" },
    .plugins("plugins.builtin", "{builtin: linked}") { $0.builtin == .linked },
    .server("host", "127.0.0.1") { $0.host == "127.0.0.1" },
    .server("port", "3001") { $0.port == 3001 },
    .server("transport", "WSS") { $0.transport == .wss },
    .server("engineIoTransport", "WEBSOCKET_ONLY") { $0.engineIOTransport == .webSocketOnly },
    .server("auth", "TOKEN") { $0.auth == .token },
    .server("tokenValidator", "{use: a, options: {b: 1}}") {
        $0.tokenValidator == PluginChoice(use: "a", options: ["b": 1])
    },
    .nested("tokenValidator", "use", "static") { $0.tokenValidator?.use == "static" },
    .nested("tokenValidator", "options", "{a: {b: c}}") { $0.tokenValidator?.options == ["a": ["b": "c"]] },
    .server("staticTokens", "{alice: one, bob: 22}") { $0.staticTokens == ["alice": "one", "bob": "22"] },
    .server("authAt", "connect") { $0.authAt == .connect },
    .server("authTimeoutMs", "25") { $0.authTimeout == .milliseconds(25) },
    .server("authRejectMaxPerWindow", "26") { $0.authRejectMaxPerWindow == 26 },
    .server("authRejectWindowMs", "27") { $0.authRejectWindow == .milliseconds(27) },
    .server("allowQueryToken", "true") { $0.allowQueryToken },
    .server("spillRootPath", "/var/spill") { $0.spillRootPath == "/var/spill" },
    .server("trustedProxies", "[10.0.0.0/8]") { $0.trustedProxies == ["10.0.0.0/8"] },
    .server("tls", "{}") { $0.tls != nil },
    .nested("tls", "certChainPemPath", "cert.pem") { $0.tls?.certChainPemPath == "cert.pem" },
    .nested("tls", "privateKeyPemPath", "key.pem") { $0.tls?.privateKeyPemPath == "key.pem" },
    .nested("tls", "protocol", "TLSv1.2") { $0.tls?.protocol == .v1_2 },
    .nested("tls", "privateKeyPassword", "12345") { $0.tls?.privateKeyPassword == "12345" },
    .nested("tls", "clientCaPemPath", "ca.pem") { $0.tls?.clientCAPemPath == "ca.pem" },
    .nested("tls", "clientCertificateRequired", "true") { $0.tls?.clientCertificateRequired == true },
    .server("namespaces", "[{path: /one}, {path: /two}]") { $0.namespaces.map(\.path) == ["/one", "/two"] },
    .server("pingIntervalMs", "7") { $0.pingInterval == .milliseconds(7) },
    .server("pingTimeoutMs", "8") { $0.pingTimeout == .milliseconds(8) },
    .server("maxPayload", "9") { $0.maxPayload == 9 },
    .server("maxPacketsPerPoll", "43") { $0.maxPacketsPerPoll == 43 },
    .server("connectTimeoutMs", "10") { $0.connectTimeout == .milliseconds(10) },
    .server("requestTimeoutMs", "41") { $0.requestTimeout == .milliseconds(41) },
    .server("upgradeTimeoutMs", "44") { $0.upgradeTimeout == .milliseconds(44) },
    .server("idleTimeoutMs", "42") { $0.idleTimeout == .milliseconds(42) },
    .server("cors", "{origins: [https://a.example]}") { $0.cors.origins == ["https://a.example"] },
    .nested("cors", "origins", #"["*"]"#) { $0.cors.origins == ["*"] },
    .server("limits", "{connections: 28}") { $0.limits.connections == 28 },
    .nested("limits", "connections", "29") { $0.limits.connections == 29 },
    .nested("limits", "connectionsPerAddress", "30") { $0.limits.connectionsPerAddress == 30 },
    .nested("limits", "connectionsPerPrincipal", "31") { $0.limits.connectionsPerPrincipal == 31 },
    .nested("limits", "namespacesPerConnection", "32") { $0.limits.namespacesPerConnection == 32 },
    .nested("limits", "subscriptionsPerClient", "33") { $0.limits.subscriptionsPerClient == 33 },
    .nested("limits", "inboundMessagesPerSecond", "34") { $0.limits.inboundMessagesPerSecond == 34 },
    .nested("limits", "inboundBytesPerSecond", "35") { $0.limits.inboundBytesPerSecond == 35 },
    .nested("limits", "headerBytes", "36") { $0.limits.headerBytes == 36 },
    .nested("limits", "headers", "37") { $0.limits.headers == 37 },
    .nested("limits", "framesPerMessage", "38") { $0.limits.framesPerMessage == 38 },
    .nested("limits", "attachmentsPerPacket", "39") { $0.limits.attachmentsPerPacket == 39 },
    .nested("limits", "jsonDepth", "40") { $0.limits.jsonDepth == 40 },
    .server("shutdownDrainMs", "11") { $0.shutdownDrain == .milliseconds(11) },
    .server("maxQueuedBytes", "17") { $0.maxQueuedBytes == 17 },
    .server("spillStore", "{use: a, options: {b: 1}}") { $0.spillStore == PluginChoice(use: "a", options: ["b": 1]) },
    .nested("spillStore", "use", "json-files") { $0.spillStore.use == "json-files" },
    .nested("spillStore", "options", "{sync: always}") { $0.spillStore.options == ["sync": "always"] },
    .server("maxSpillBytes", "18") { $0.maxSpillBytes == 18 },
    .server("maxSpillPendingBytes", "19") { $0.maxSpillPendingBytes == 19 },
    .server("metrics", "[{use: a}, {use: b, options: {c: 1}}]") {
        $0.metrics == [PluginChoice(use: "a"), PluginChoice(use: "b", options: ["c": 1])]
    },
    KeyCase(key: "servers.NAME.metrics[].use", yaml: "servers: {feed: {metrics: [{use: log}]}}") {
        $0.metrics.map(\.use) == ["log"]
    },
    KeyCase(
        key: "servers.NAME.metrics[].options",
        yaml: "servers: {feed: {metrics: [{use: log, options: {level: debug}}]}}"
    ) { $0.metrics.map(\.options) == [["level": "debug"]] },
    .server("metricsIntervalMs", "25") { $0.metricsInterval == .milliseconds(25) },
    .wholeManagement("{port: 3080}", ManagementConfiguration(port: 3080)),
    .management("host", "::1") { $0.host == "::1" },
    .management("port", "3081") { $0.port == 3081 },
    .management("token", "12345") { $0.token == "12345" },
    .namespace("path", "/feed") { $0.path == "/feed" },
    .namespace("topics", "[snapshot, 7]") { $0.topics == ["snapshot", "7"] },
    .namespace("deliveryMode", "AT_LEAST_ONCE") { $0.deliveryMode == .atLeastOnce },
    .namespace("overflowAction", "SPILL_TO_DISK") { $0.overflowAction == .spillToDisk },
    .namespace("maxQueuedMessagesPerClient", "12") { $0.maxQueuedMessagesPerClient == 12 },
    .namespace("maxQueuedBytesPerClient", "13") { $0.maxQueuedBytesPerClient == 13 },
    .namespace("ackTimeoutMs", "14") { $0.ackTimeout == .milliseconds(14) },
    .namespace("maxRetries", "15") { $0.maxRetries == 15 },
    .namespace("coalesce", "true") { $0.coalesce },
    .namespace("allowPolling", "false") { !$0.allowPolling },
    .namespace("maxInFlight", "16") { $0.maxInFlight == 16 },
    .namespace("authRequired", "true") { $0.authRequired },
    .namespace("tokenValidator", "{use: a, options: {b: 1}}") {
        $0.tokenValidator == PluginChoice(use: "a", options: ["b": 1])
    },
    .nested(inNamespace: "tokenValidator", "use", "static") { $0.tokenValidator?.use == "static" },
    .nested(inNamespace: "tokenValidator", "options", "{a: b}") { $0.tokenValidator?.options == ["a": "b"] },
    .namespace("inboundAckPolicy", "ACK_AFTER_HANDLER_SUCCESS") { $0.inboundAckPolicy == .ackAfterHandlerSuccess },
    .namespace("clientPublish", "deny") { $0.clientPublish == .deny },
    .namespace("coalesceKey", "/symbol") { $0.coalesceKey == "/symbol" },
    .namespace("messageTTLMs", "20") { $0.messageTTL == .milliseconds(20) },
    .namespace("retain", "21") { $0.retain == 21 },
    .namespace("minIntervalMs", "22") { $0.minInterval == .milliseconds(22) },
    .namespace("notifyGaps", "true") { $0.notifyGaps },
    .namespace("retryBackoff", "{}") { $0.retryBackoff == RetryBackoff(multiplier: 2, maxDelay: .seconds(30)) },
    .nested(inNamespace: "retryBackoff", "multiplier", "1.5") { $0.retryBackoff?.multiplier == 1.5 },
    .nested(inNamespace: "retryBackoff", "maxDelayMs", "23") { $0.retryBackoff?.maxDelay == .milliseconds(23) },
    .namespace("ackStyle", "socketio") { $0.ackStyle == .socketio },
    .namespace("maxSpillBytesPerClient", "24") { $0.maxSpillBytesPerClient == 24 },
    .namespace("overflowPolicy", "{use: a, options: {b: 1}}") {
        $0.overflowPolicy == PluginChoice(use: "a", options: ["b": 1])
    },
    .nested(inNamespace: "overflowPolicy", "use", "drop-oldest") { $0.overflowPolicy?.use == "drop-oldest" },
    .nested(inNamespace: "overflowPolicy", "options", "{a: 1}") { $0.overflowPolicy?.options == ["a": 1] },
    .namespace("spillStore", "{use: a, options: {b: 1}}") {
        $0.spillStore == PluginChoice(use: "a", options: ["b": 1])
    },
    .nested(inNamespace: "spillStore", "use", "log") { $0.spillStore?.use == "log" },
    .nested(inNamespace: "spillStore", "options", "{sync: always}") { $0.spillStore?.options == ["sync": "always"] },
]

@Suite("Keys of the configuration file")
struct KeyTests {
    /// Looks past the rules: some of these values are refused until what they ask for is built.
    @Test("Each key reaches the configuration", arguments: keyCases)
    func eachKeyIsObeyed(_ key: KeyCase) throws {
        let read = try ConfigurationFile.decode(key.yaml, format: .yaml, name: "file", environment: [:])
        #expect(key.isObeyed(read))
    }

    @Test("Each key of the schema is tried above")
    func eachKeyIsTried() {
        #expect(Set(keyCases.map(\.key)) == Set(ConfigurationSchema.rows.filter(\.isAvailable).map(\.key)))
    }

    @Test("A file that says no more than it must gets the defaults")
    func defaults() throws {
        let file = try ConfigurationFile.parse(feed(), format: .yaml)
        let namespaces = [NamespaceConfiguration(path: "/feed", topics: ["snapshot"])]
        #expect(file.servers == [ServerConfiguration(name: "feed", port: 3000, namespaces: namespaces)])
    }

    @Test("Servers keep the order of the file")
    func order() throws {
        let server = "{port: 0, namespaces: [{path: /a, topics: [b]}]}"
        let yaml = "servers:\n" + ["zulu", "alpha", "mike.2"].map { "  \($0): \(server)\n" }.joined()
        #expect(try ConfigurationFile.parse(yaml, format: .yaml).servers.map(\.name) == ["zulu", "alpha", "mike.2"])
    }

    @Test("A rule that is broken inside a list is reported on the line of the item")
    func linesOfItems() {
        let yaml = feed(server: "cors:\n  origins:\n    - https://a.example\n    - b.example")
        #expect(problems(yaml).map { $0.prefix(34) } == ["file:11: servers.feed.cors.origins[1]".prefix(34)])
    }
}
