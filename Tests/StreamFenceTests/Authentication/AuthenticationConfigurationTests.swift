import StreamFence
import Testing

@Suite("Rules of authentication")
struct AuthenticationConfigurationTests {
    private static let milliseconds = "milliseconds, found"

    /// Of a server with `auth: TOKEN`, static tokens and a namespace that requires one.
    static let rules: [ConfigurationTests.Rule] = [
        .init("auth: TOKEN expects a namespace with authRequired: true, found none") {
            $0.namespaces[0].authRequired = false
        },
        .init("auth: TOKEN expects tokenValidator, staticTokens or tls.clientCaPemPath, found none of them") {
            $0.staticTokens = [:]
        },
        .init("staticTokens: expected either this or tokenValidator, found both") {
            $0.tokenValidator = PluginChoice(use: "deny-all")
        },
        .init(
            "tokenValidator.use: expected one of deny-all, static, found \"denyall\"; did you mean deny-all?"
        ) {
            $0.staticTokens = [:]
            $0.tokenValidator = PluginChoice(use: "denyall")
        },
        .init("tokenValidator.options.tokens.bob: expected a token of its own, found that of alice") {
            $0.staticTokens = [:]
            let tokens: PluginOption = ["alice": "s3cret", "bob": "s3cret"]
            $0.tokenValidator = PluginChoice(use: "static", options: ["tokens": tokens])
        },
        .init(
            "staticTokens: expected a principal for each token, found an empty one",
            "staticTokens.a.b: expected a token, found an empty one"
        ) { $0.staticTokens = ["": "s3cret", "a.b": ""] },
        .init("authTimeoutMs: expected 1 to 2147483647 \(milliseconds) 0") { $0.authTimeout = .zero },
        .init("authRejectWindowMs: expected 1 to 2147483647 \(milliseconds) 0") {
            $0.authRejectWindow = .zero
        },
        .init("authRejectMaxPerWindow: expected at least 1, found 0") { $0.authRejectMaxPerWindow = 0 },
        .init("namespaces[0].tokenValidator.options.any: unknown option; deny-all takes no options") {
            $0.namespaces[0].tokenValidator = PluginChoice(use: "deny-all", options: ["any": 1])
        },
        .init("namespaces[1].tokenValidator: has an effect with authRequired: true only") {
            var other = feed()
            other.path = "/other"
            other.tokenValidator = PluginChoice(use: "deny-all")
            $0.namespaces.append(other)
        },
        .init("namespaces[0].authRequired: needs auth: TOKEN on the server, found NONE") {
            $0.auth = .none
            $0.staticTokens = [:]
        },
        .init(
            "namespaces[0].tokenValidator: needs auth: TOKEN on the server, found NONE",
            "tokenValidator: has an effect with auth: TOKEN only",
            "authAt: has an effect with auth: TOKEN only",
            "authTimeoutMs: has an effect with auth: TOKEN only",
            "authRejectMaxPerWindow: has an effect with auth: TOKEN only",
            "authRejectWindowMs: has an effect with auth: TOKEN only",
            "allowQueryToken: has an effect with auth: TOKEN only"
        ) {
            $0.auth = .none
            $0.namespaces[0].authRequired = false
            $0.namespaces[0].tokenValidator = PluginChoice(use: "deny-all")
            $0.staticTokens = [:]
            $0.tokenValidator = PluginChoice(use: "deny-all")
            $0.authAt = .connect
            $0.authTimeout = .seconds(1)
            $0.authRejectMaxPerWindow = 1
            $0.authRejectWindow = .seconds(1)
            $0.allowQueryToken = true
        },
        .init("staticTokens: has an effect with auth: TOKEN only") {
            $0.auth = .none
            $0.namespaces[0].authRequired = false
        },
    ]

    private func configuration() -> ServerConfiguration {
        var configuration = ServerConfiguration(port: 0, namespaces: [feed { $0.authRequired = true }])
        configuration.auth = .token
        configuration.staticTokens = ["alice": "s3cret"]
        return configuration
    }

    @Test("A rule that is broken is named with its key, and no token is shown", arguments: rules)
    func rule(rule: ConfigurationTests.Rule) {
        var configuration = configuration()
        rule.change(&configuration)
        let found = configuration.problems().map(\.description)
        #expect(found == rule.problems.map { "servers.default.\($0)" })
    }

    @Test("Nothing is wrong with the rest, nor with a namespace that has a validator of its own")
    func fine() {
        var configuration = configuration()
        #expect(configuration.problems().isEmpty)
        configuration.staticTokens = [:]
        configuration.namespaces[0].tokenValidator = PluginChoice(use: "deny-all")
        #expect(configuration.problems().isEmpty)
    }
}
