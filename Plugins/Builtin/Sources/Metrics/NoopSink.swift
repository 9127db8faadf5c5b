import StreamFencePluginKit

/// `noop`: exports nothing. For a file that names a sink by a variable, `use: ${METRICS:-noop}`.
public struct NoopSink: MetricsSink {
    /// A sink without settings.
    public init() {}
}
