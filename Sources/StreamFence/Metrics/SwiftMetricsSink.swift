import Metrics
import StreamFencePluginKit
import Synchronization

/// `swift-metrics`: forwards the server's metrics to the program's own `MetricsSystem`, whatever backend that has.
///
/// A counter there is told how much it gained since the last export; a gauge is recorded as it is. Only linked: a plugin that
/// is loaded from a file has a `MetricsSystem` of its own, which nobody has set up.
final class SwiftMetricsSink: MetricsSink {
    private let factory: any MetricsFactory
    private let state = Mutex(State())

    private struct State {
        var counters: [Series: ForwardedCounter] = [:]
        var gauges: [Series: Gauge] = [:]
    }

    private struct Series: Hashable {
        let name: String
        let labels: [String]

        init(_ name: String, _ labels: [MetricSample.Label]) {
            self.name = name
            self.labels = labels.flatMap { [$0.name, $0.value] }
        }
    }

    private struct ForwardedCounter {
        let counter: FloatingPointCounter
        var last = 0.0
    }

    /// - Parameter factory: the backend, by default the one that the program has bootstrapped by then.
    init(factory: any MetricsFactory = MetricsSystem.factory) {
        self.factory = factory
    }

    func export(_ snapshot: MetricsSnapshot) {
        // Taken out and put back: exports come one at a time, and a backend's code must not run under a lock.
        var state = self.state.withLock { state in
            defer { state = State() }
            return state
        }
        for sample in snapshot.samples {
            switch sample.value {
            case .counter(let value):
                count(sample.name, sample.labels, value, &state)
            case .gauge(let value):
                record(sample.name, sample.labels, value, &state)
            case .histogram(let histogram):
                // Observations that are summed up already can't be observed again: what can be forwarded is how many.
                count("\(sample.name)_count", sample.labels, Double(histogram.count), &state)
                count("\(sample.name)_sum", sample.labels, histogram.sum, &state)
            }
        }
        self.state.withLock { $0 = state }
    }

    private func count(_ name: String, _ labels: [MetricSample.Label], _ value: Double, _ state: inout State) {
        let series = Series(name, labels)
        var forwarded =
            state.counters[series]
            ?? ForwardedCounter(
                counter: FloatingPointCounter(label: name, dimensions: Self.dimensions(labels), factory: factory)
            )
        let gained = value - forwarded.last
        if gained > 0 { forwarded.counter.increment(by: gained) }
        forwarded.last = value
        state.counters[series] = forwarded
    }

    private func record(_ name: String, _ labels: [MetricSample.Label], _ value: Double, _ state: inout State) {
        let series = Series(name, labels)
        let gauge =
            state.gauges[series] ?? Gauge(label: name, dimensions: Self.dimensions(labels), factory: factory)
        gauge.record(value)
        state.gauges[series] = gauge
    }

    private static func dimensions(_ labels: [MetricSample.Label]) -> [(String, String)] {
        labels.map { ($0.name, $0.value) }
    }
}
