import StreamFencePluginKit

/// The rules of authentication, and which validator a namespace gets.
extension ServerConfiguration {
    func checkAuthentication(_ found: inout ProblemList, _ registry: PluginRegistry) {
        found.requireMilliseconds(authTimeout, "authTimeoutMs", minimum: 1)
        found.require(
            authRejectMaxPerWindow >= 1,
            "authRejectMaxPerWindow",
            "expected at least 1, found \(authRejectMaxPerWindow)"
        )
        found.requireMilliseconds(authRejectWindow, "authRejectWindowMs", minimum: 1)
        if let tokenValidator {
            found.nested("tokenValidator") { registry.check(tokenValidator, .tokenValidator, &$0) }
            found.require(staticTokens.isEmpty, "staticTokens", "expected either this or tokenValidator, found both")
        }
        checkStaticTokens(&found, registry)
        switch auth {
        case .token: checkTokens(&found)
        case .none: checkWithoutTokens(&found)
        }
    }

    /// By the rules of the validator they are shorthand for.
    private func checkStaticTokens(_ found: inout ProblemList, _ registry: PluginRegistry) {
        guard let shorthand else { return }
        var problems = ProblemList()
        registry.check(shorthand, .tokenValidator, &problems)
        for problem in problems.problems {
            let principal = problem.path.split(separator: ".", maxSplits: 2).dropFirst(2).first.map { ".\($0)" } ?? ""
            found.add("staticTokens\(principal)", problem.message)
        }
    }

    private func checkTokens(_ found: inout ProblemList) {
        let requiring = namespaces.filter(\.authRequired)
        found.require(!requiring.isEmpty, "auth", "TOKEN expects a namespace with authRequired: true, found none")
        found.require(
            requiring.allSatisfy { tokenValidator(of: $0) != nil },
            "auth",
            "TOKEN expects tokenValidator, staticTokens or tls.clientCaPemPath, found none of them"
        )
        for (index, namespace) in namespaces.enumerated() where !namespace.authRequired {
            found.require(
                namespace.tokenValidator == nil,
                "namespaces[\(index)].tokenValidator",
                "has an effect with authRequired: true only"
            )
        }
    }

    private func checkWithoutTokens(_ found: inout ProblemList) {
        for (index, namespace) in namespaces.enumerated() {
            let place = "namespaces[\(index)]"
            let needs = "needs auth: TOKEN on the server, found NONE"
            found.require(!namespace.authRequired, "\(place).authRequired", needs)
            found.require(namespace.tokenValidator == nil, "\(place).tokenValidator", needs)
        }
        let defaults = ServerConfiguration(port: port, namespaces: [])
        let reason = "has an effect with auth: TOKEN only"
        found.require(tokenValidator == nil, "tokenValidator", reason)
        found.require(staticTokens.isEmpty, "staticTokens", reason)
        found.require(authAt == defaults.authAt, "authAt", reason)
        found.require(authTimeout == defaults.authTimeout, "authTimeoutMs", reason)
        found.require(
            authRejectMaxPerWindow == defaults.authRejectMaxPerWindow,
            "authRejectMaxPerWindow",
            reason
        )
        found.require(authRejectWindow == defaults.authRejectWindow, "authRejectWindowMs", reason)
        found.require(!allowQueryToken, "allowQueryToken", reason)
    }

    /// What ``staticTokens`` stands for; nil without any.
    private var shorthand: PluginChoice? {
        guard !staticTokens.isEmpty else { return nil }
        return PluginChoice(use: "static", options: ["tokens": .section(staticTokens.mapValues { .text($0) })])
    }

    /// What a namespace's tokens are checked with. Where clients show certificates none has to be named, and then no token is good.
    func tokenValidator(of namespace: NamespaceConfiguration) -> PluginChoice? {
        namespace.tokenValidator ?? tokenValidator ?? shorthand
            ?? tls?.clientCAPemPath.map { _ in PluginChoice(use: "deny-all") }
    }
}
