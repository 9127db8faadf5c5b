import StreamFencePluginKit

/// `prometheus`: the text that Prometheus scrapes. It is rendered for who asks, and exports nothing by itself.
public struct PrometheusSink: MetricsSink {
    /// A sink without settings.
    public init() {}

    /// The snapshot in the text exposition format 0.0.4.
    public func render(_ snapshot: MetricsSnapshot) -> String? {
        PrometheusText.of(snapshot)
    }
}
