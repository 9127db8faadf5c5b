import Metrics
import StreamFencePluginKit
import Synchronization
import Testing

@testable import StreamFence

@Suite("Metrics for the program's own backend")
struct SwiftMetricsSinkTests {
    private func sample(_ name: String, _ topic: String, _ value: MetricSample.Value) -> MetricSample {
        MetricSample(name: name, help: "", labels: [MetricSample.Label(name: "topic", value: topic)], value: value)
    }

    @Test("A counter is told what it gained, a gauge what it is, each with its labels")
    func forwarded() {
        let backend = Backend()
        let sink = SwiftMetricsSink(factory: backend)
        for (a, b, held) in [(0.0, 2.0, 7.0), (3, 2, 0), (10, 5, 1)] {
            sink.export(
                MetricsSnapshot(samples: [
                    sample("sent_total", "a", .counter(a)), sample("sent_total", "b", .counter(b)),
                    sample("held", "a", .gauge(held)),
                ])
            )
        }
        #expect(
            backend.calls == [
                "sent_total topic=b +2", "held topic=a =7.0", "sent_total topic=a +3", "held topic=a =0.0",
                "sent_total topic=a +7", "sent_total topic=b +3", "held topic=a =1.0",
            ]
        )
        // One for each, however often they are exported: those that stand still are there too.
        #expect(backend.made == ["sent_total topic=a", "sent_total topic=b", "held topic=a"])
    }

    @Test("Of a histogram the count and the sum are forwarded")
    func histogram() {
        let backend = Backend()
        let sink = SwiftMetricsSink(factory: backend)
        let histogram = MetricSample.Histogram(buckets: [], count: 4, sum: 6)
        sink.export(MetricsSnapshot(samples: [sample("lag", "a", .histogram(histogram))]))
        #expect(backend.calls == ["lag_count topic=a +4", "lag_sum topic=a +6"])
    }

    @Test("A configuration names it")
    func registered() throws {
        _ = try PluginRegistry.builtin.metricsSink(PluginChoice(use: "swift-metrics"))
    }
}

/// Notes what it is told.
private final class Backend: MetricsFactory {
    private let noted = Mutex<(made: [String], calls: [String])>(([], []))

    var made: [String] { noted.withLock { $0.made } }
    var calls: [String] { noted.withLock { $0.calls } }

    private func make(_ label: String, _ dimensions: [(String, String)]) -> Handler {
        let name = ([label] + dimensions.map { "\($0.0)=\($0.1)" }).joined(separator: " ")
        noted.withLock { $0.made.append(name) }
        return Handler { call in self.noted.withLock { $0.calls.append("\(name) \(call)") } }
    }

    private final class Handler: CounterHandler, RecorderHandler, TimerHandler {
        private let note: @Sendable (String) -> Void

        init(_ note: @escaping @Sendable (String) -> Void) {
            self.note = note
        }

        func increment(by amount: Int64) { note("+\(amount)") }
        func reset() { note("reset") }
        func record(_ value: Int64) { note("=\(value)") }
        func record(_ value: Double) { note("=\(value)") }
        func recordNanoseconds(_ duration: Int64) { note("\(duration) ns") }
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler { make(label, dimensions) }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        make(label, dimensions)
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { make(label, dimensions) }

    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}
