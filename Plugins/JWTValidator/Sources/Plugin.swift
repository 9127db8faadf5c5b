import StreamFencePluginKit

/// The plugin's entry point.
@c(streamfence_plugin_init)
public func start(host: PluginHost, failure: PluginFailure) -> PluginDescription {
    let open: @Sendable (inout PluginOptions) -> @Sendable () throws -> any TokenValidator = { options in
        let settings = Settings(&options)
        return { try JWTValidator(settings, now: Wall.now) }
    }
    return Plugin("jwt", version: "1.0", [.tokenValidator("jwt", opening: open)]).start(host)
}
