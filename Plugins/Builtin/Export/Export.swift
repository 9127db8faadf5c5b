import StreamFenceBuiltin
import StreamFencePluginKit

/// The entry point of `libstreamfence_builtin.so`.
@c(streamfence_plugin_init)
public func start(host: PluginHost, failure: PluginFailure) -> PluginDescription {
    Plugin("streamfence-builtin", version: "0.1.0", Builtin.components).start(host)
}
