import CStreamFencePlugin

extension sf_metrics_sink {
    /// Calls the sink behind an instance.
    static var exported: sf_metrics_sink {
        sf_metrics_sink(
            size: UInt32(MemoryLayout<sf_metrics_sink>.size),
            export_snapshot: { instance, snapshot, failure in
                Instance<any MetricsSink>.perform(instance, failure) { try $0.export(try MetricsSnapshot(snapshot)) }
            },
            render: { instance, snapshot, take, to, failure in
                Instance<any MetricsSink>.perform(instance, failure) { sink in
                    guard let take else { throw PluginBoundaryError("expected a function that takes text, found none") }
                    guard let text = try sink.render(try MetricsSnapshot(snapshot)) else { return }
                    sf_slice.with(text) { take(to, $0) }
                }
            }
        )
    }
}

extension MetricsSnapshot {
    fileprivate init(_ snapshot: UnsafePointer<sf_snapshot>?) throws {
        guard let snapshot = snapshot?.pointee else { throw PluginBoundaryError("expected a snapshot, found none") }
        guard let first = snapshot.samples, snapshot.sample_count > 0 else {
            self.init(samples: [])
            return
        }
        // A newer host's samples may be longer than this version knows.
        let distance = Int(first.pointee.size)
        let start = UnsafeRawPointer(first)
        self.init(
            samples: (0..<snapshot.sample_count).map { index in
                MetricSample(start.load(fromByteOffset: index * distance, as: sf_sample.self))
            }
        )
    }
}

extension MetricSample {
    fileprivate init(_ sample: sf_sample) {
        let labels = UnsafeBufferPointer(start: sample.labels, count: sample.labels == nil ? 0 : sample.label_count)
        self.init(
            name: sample.name.text,
            help: sample.help.text,
            labels: labels.map { Label(name: $0.name.text, value: $0.value.text) },
            value: Value(sample)
        )
    }
}

extension MetricSample.Value {
    fileprivate init(_ sample: sf_sample) {
        switch Int(sample.type) {
        case Int(SF_COUNTER):
            self = .counter(sample.value)
        case Int(SF_HISTOGRAM):
            let buckets = UnsafeBufferPointer(
                start: sample.buckets,
                count: sample.buckets == nil ? 0 : sample.bucket_count
            )
            self = .histogram(
                MetricSample.Histogram(
                    buckets: buckets.map { .init(upperBound: $0.upper_bound, count: $0.count) },
                    count: sample.count,
                    sum: sample.value
                )
            )
        default:
            self = .gauge(sample.value)
        }
    }
}
