import StreamFencePluginKit

/// `deny-all`: refuses every token, for a namespace that is to be closed.
public struct DenyAll: TokenValidator {
    /// A validator without settings.
    public init() {}

    /// Refuses.
    public func validate(_ request: TokenRequest) async -> TokenDecision {
        .reject(reason: "deny-all refuses every token")
    }
}
