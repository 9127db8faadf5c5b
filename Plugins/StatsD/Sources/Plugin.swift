import StreamFencePluginKit

/// The plugin's entry point.
@c(streamfence_plugin_init)
public func start(host: PluginHost, failure: PluginFailure) -> PluginDescription {
    let open: @Sendable (inout PluginOptions) -> @Sendable () throws -> any MetricsSink = { options in
        let host = options.text("host", default: "127.0.0.1")
        let port = options.integer("port", in: 1...65535, default: 8125)
        let prefix = options.text("prefix", default: "")
        let tags = options.choice("tags", default: TagStyle.plain)
        if prefix.contains(where: { !TagStyle.isPlain($0) && $0 != "." }) {
            options.refuse("prefix", "expected letters, digits, _, - and . only, found \"\(prefix)\"")
        }
        return { StatsD(LineEncoder(prefix: prefix, tags: tags), try UDPSender(host: host, port: port)) }
    }
    return Plugin("statsd", version: "1.0", [.metricsSink("statsd", opening: open)]).start(host)
}
