import StreamFenceBuiltin
import StreamFencePluginKit

extension MetricsSnapshot {
    /// The metrics of several servers, told apart by their label `server`, as one: a process has one text for Prometheus,
    /// however many servers it runs.
    public init(joining snapshots: [MetricsSnapshot]) {
        var names: [String] = []
        var samplesByName: [String: [MetricSample]] = [:]
        for sample in snapshots.flatMap(\.samples) {
            if samplesByName[sample.name] == nil { names.append(sample.name) }
            samplesByName[sample.name, default: []].append(sample)
        }
        self.init(samples: names.flatMap { samplesByName[$0] ?? [] })
    }

    /// The metrics in Prometheus' text exposition format 0.0.4, for a route of your own; its content type is
    /// ``prometheusContentType``.
    ///
    /// ```swift
    /// router.get("/metrics") { _, _ in
    ///     MetricsSnapshot(joining: [feed.metrics(), control.metrics()]).prometheusText()
    /// }
    /// ```
    public func prometheusText() -> String {
        PrometheusText.of(self)
    }

    /// `text/plain; version=0.0.4; charset=utf-8`.
    public static let prometheusContentType = PrometheusText.contentType
}
