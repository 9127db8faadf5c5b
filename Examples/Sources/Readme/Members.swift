import StreamFence

struct Members: TokenValidator {
    func validate(_ request: TokenRequest) async throws -> TokenDecision {
        request.token == "change-me" ? .accept(principal: "alice") : .reject(reason: "not a member")
    }
}

func registry() throws -> PluginRegistry {
    var registry = PluginRegistry.builtin
    try registry.register([.tokenValidator("members") { _ in Members() }])
    return registry
}
