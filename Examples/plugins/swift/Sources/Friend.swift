import StreamFencePluginKit

/// Accepts one token, the same for all friends.
struct Friend: TokenValidator {
    let secret: String

    func validate(_ request: TokenRequest) async throws -> TokenDecision {
        guard request.token == secret else { return .reject(reason: "expected the secret, found another token") }
        return .accept(principal: "friend")
    }
}

/// The plugin's entry point.
@c(streamfence_plugin_init)
public func start(host: PluginHost, failure: PluginFailure) -> PluginDescription {
    Plugin("friend", version: "1.0", [.tokenValidator("friend") { Friend(secret: $0.secret("secret")) }]).start(host)
}
