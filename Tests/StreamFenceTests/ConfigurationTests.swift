import StreamFence
import Testing

@Suite("Configuration rules")
struct ConfigurationTests {
    typealias Change = @Sendable (inout ServerConfiguration) -> Void

    /// A change that breaks rules, and what is said about it.
    struct Rule: Sendable, CustomTestStringConvertible {
        let problems: [String]
        let change: Change

        init(_ problems: String..., change: @escaping Change) {
            self.problems = problems
            self.change = change
        }

        var testDescription: String { problems.joined(separator: "; ") }
    }

    private static let milliseconds = "milliseconds, found"
    private static let anOrigin =
        "expected *, or an origin such as https://app.example.com or https://*.example.com"

    static let serverRules: [Rule] = [
        Rule("port: expected 0 to 65535, found -1") { $0.port = -1 },
        Rule("port: expected 0 to 65535, found 65536") { $0.port = 65_536 },
        Rule("host: expected an address to bind, found an empty one") { $0.host = "" },
        Rule("maxPayload: expected at least 1 byte, found 0") { $0.maxPayload = 0 },
        Rule("maxPayload: expected at most 1073741824 bytes, found 1073741825") { $0.maxPayload = 1_073_741_825 },
        Rule("pingIntervalMs: expected 1 to 2147483647 \(milliseconds) 0") { $0.pingInterval = .zero },
        Rule("pingTimeoutMs: expected 1 to 2147483647 \(milliseconds) -1000") { $0.pingTimeout = .seconds(-1) },
        Rule("connectTimeoutMs: expected 1 to 2147483647 \(milliseconds) 3000000000") {
            $0.connectTimeout = .seconds(3_000_000)
        },
        Rule("pingIntervalMs: expected 1 to 2147483647 \(milliseconds) \(Duration.seconds(Int64.max))") {
            $0.pingInterval = .seconds(Int64.max)
        },
        Rule("shutdownDrainMs: expected 0 to 2147483647 \(milliseconds) -1") {
            $0.shutdownDrain = .milliseconds(-1)
        },
        Rule("tls: expected a certificate and its key for transport: WSS, found none") {
            $0.transport = .wss
        },
        Rule(
            "tls.certChainPemPath: expected a file, found an empty path",
            "tls.privateKeyPemPath: expected a file, found an empty path"
        ) {
            $0.transport = .wss
            $0.tls = TLSConfiguration(certChainPemPath: "", privateKeyPemPath: "")
        },
        Rule(
            "trustedProxies[1]: expected an IP address or a block such as 10.0.0.0/8, found \"10.0.0.0/33\"",
            "trustedProxies[2]: expected an IP address or a block such as 10.0.0.0/8, found \"proxy.example\""
        ) { $0.trustedProxies = ["::1", "10.0.0.0/33", "proxy.example"] },
        Rule("tls: has no effect with transport: WS; set transport: WSS or remove it") {
            $0.tls = TLSConfiguration(certChainPemPath: "a", privateKeyPemPath: "b")
        },
        Rule("namespaces[0].authRequired: needs auth: TOKEN on the server, found NONE") {
            $0.namespaces[0].authRequired = true
        },
        Rule("spillRootPath: expected a folder, found an empty path") { $0.spillRootPath = "" },
        Rule(
            "maxQueuedBytes: expected at least 1 byte, found 0",
            "namespaces[0].maxQueuedBytesPerClient: expected at most the server's maxQueuedBytes (0), found 524288"
        ) { $0.maxQueuedBytes = 0 },
        Rule("namespaces[0].maxQueuedBytesPerClient: expected at most the server's maxQueuedBytes (9), found 10") {
            $0.maxQueuedBytes = 9
            $0.namespaces[0].maxQueuedBytesPerClient = 10
        },
        Rule("maxSpillBytes: expected at least 1 byte, found 0") { $0.maxSpillBytes = 0 },
        Rule("maxSpillPendingBytes: expected at least 1 byte, found -1") { $0.maxSpillPendingBytes = -1 },
        Rule("spillStore.use: expected one of json-files, log, found \"lgo\"; did you mean log?") {
            $0.spillStore = PluginChoice(use: "lgo", options: ["not": "judged"])
        },
        Rule("namespaces: expected at least one namespace, found none") { $0.namespaces = [] },
        Rule("namespaces[1].path: \"/feed\" is already another namespace's path") { $0.namespaces.append(feed()) },
        Rule(
            "cors.origins[1]: \(anOrigin), found \"app.example.com\"",
            "cors.origins[2]: \(anOrigin), found \"https://a/b\"",
            "cors.origins[3]: \(anOrigin), found \"\"",
            "cors.origins[6]: \(anOrigin), found \"https://a*.b\""
        ) {
            $0.cors.origins = ["https://a:1", "app.example.com", "https://a/b", "", "*", "https://*.a", "https://a*.b"]
        },
    ]

    static let namespaceRules: [Rule] = [
        Rule("path: expected a path that starts with /, found \"feed\"") { $0.namespaces[0].path = "feed" },
        Rule("path: expected no comma, question mark or control character, found \"/a,b\"") {
            $0.namespaces[0].path = "/a,b"
        },
        Rule("path: expected no comma, question mark or control character, found \"/a?\"") {
            $0.namespaces[0].path = "/a?"
        },
        Rule("topics: expected at least one topic, found none") { $0.namespaces[0].topics = [] },
        Rule("topics[1]: expected a name, found an empty one") { $0.namespaces[0].topics = ["a", ""] },
        Rule("topics[2]: \"a\" is listed twice") { $0.namespaces[0].topics = ["a", "b", "a"] },
        Rule("maxQueuedMessagesPerClient: expected at least 1, found 0") {
            $0.namespaces[0].maxQueuedMessagesPerClient = 0
        },
        Rule("maxQueuedBytesPerClient: expected at least 1 byte, found -1") {
            $0.namespaces[0].maxQueuedBytesPerClient = -1
        },
    ]

    @Test(
        "A server's rule that is broken is named with its key, what was expected and what was found",
        arguments: serverRules
    )
    func serverRule(rule: Rule) {
        expect(rule, at: "servers.default")
    }

    @Test("So is a namespace's", arguments: namespaceRules)
    func namespaceRule(rule: Rule) {
        expect(rule, at: "servers.default.namespaces[0]")
    }

    /// Checks that a configuration is refused by the server that is made of it, in these words.
    private func expect(_ rule: Rule, at path: String) {
        #expect {
            try server(feed(), change: rule.change)
        } throws: { error in
            (error as? ConfigurationError)?.description == rule.problems.map { "\(path).\($0)" }.joined(separator: "\n")
        }
    }

    @Test(
        "A topic can't have the name of an event of the protocol or of Socket.IO",
        arguments: [
            "subscribe", "subscribed", "unsubscribe", "unsubscribed", "publish", "ack", "auth", "authenticated",
            "error",
            "gap", "server_draining", "topic-message", "connect", "connect_error", "disconnect", "disconnecting",
            "newListener", "removeListener",
        ]
    )
    func reservedTopics(topic: String) {
        let rule = Rule("topics[0]: \"\(topic)\" is an event of the protocol and can't be a topic") {
            $0.namespaces[0].topics = [topic]
        }
        expect(rule, at: "servers.default.namespaces[0]")
    }

    @Test("Every problem is listed, under the path that is asked for")
    func allProblems() {
        var configuration = ServerConfiguration(port: -1, namespaces: [feed { $0.topics = [] }, feed { $0.path = "" }])
        configuration.host = ""
        #expect(
            configuration.problems(at: "here").map(\.path) == [
                "here.port", "here.host", "here.namespaces[0].topics", "here.namespaces[1].path",
            ]
        )
    }

    @Test("The limits themselves are allowed")
    func limits() throws {
        _ = try server(
            feed {
                $0.path = "/"
                $0.maxQueuedMessagesPerClient = .max
                $0.maxQueuedBytesPerClient = 1 << 50
                $0.overflowAction = .dropOldest
            }
        ) {
            $0.maxPayload = 1 << 30
            $0.pingInterval = .milliseconds(Int32.max)
            $0.shutdownDrain = .zero
        }
    }
}
