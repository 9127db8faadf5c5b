import StreamFencePluginKit

/// The plugin's entry point.
@c(streamfence_plugin_init)
public func start(host: PluginHost, failure: PluginFailure) -> PluginDescription {
    let open: @Sendable (inout PluginOptions) -> @Sendable () throws -> any TokenValidator = { options in
        let settings = Settings(&options)
        return { try Webhook(settings, now: Wall.now) }
    }
    return Plugin("webhook", version: "1.0", [.tokenValidator("webhook", opening: open)]).start(host)
}
