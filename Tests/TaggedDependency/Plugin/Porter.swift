import StreamFencePluginKit

/// Knows everybody by their token.
struct Porter: TokenValidator {
    func validate(_ request: TokenRequest) async throws -> TokenDecision {
        .accept(principal: request.token + "'s owner")
    }
}

/// The plugin's entry point.
@c(streamfence_plugin_init)
public func start(host: PluginHost, failure: PluginFailure) -> PluginDescription {
    Plugin("porter", version: "1.0", [.tokenValidator("porter") { _ in Porter() }]).start(host)
}
