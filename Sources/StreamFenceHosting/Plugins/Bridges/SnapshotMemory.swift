import CStreamFencePlugin
import StreamFencePluginKit

/// A snapshot as the contract has it, in memory that is let go of with this.
final class SnapshotMemory {
    private var texts: [UnsafeMutableBufferPointer<UInt8>] = []
    private var labels: [UnsafeMutableBufferPointer<sf_label>] = []
    private var buckets: [UnsafeMutableBufferPointer<sf_bucket>] = []
    private var samples: UnsafeMutableBufferPointer<sf_sample>

    init(_ snapshot: MetricsSnapshot) {
        samples = .allocate(capacity: snapshot.samples.count)
        _ = samples.initialize(from: snapshot.samples.map(sample))
    }

    deinit {
        texts.forEach { $0.deallocate() }
        labels.forEach { $0.deallocate() }
        buckets.forEach { $0.deallocate() }
        samples.deallocate()
    }

    /// Calls `body` with the snapshot, valid during the call.
    func with<Result>(_ body: (UnsafePointer<sf_snapshot>) throws -> Result) rethrows -> Result {
        var snapshot = sf_snapshot(
            size: UInt32(MemoryLayout<sf_snapshot>.size),
            samples: UnsafePointer(samples.baseAddress),
            sample_count: samples.count
        )
        return try withExtendedLifetime(self) { try body(&snapshot) }
    }

    private func sample(_ sample: MetricSample) -> sf_sample {
        var raw = sf_sample()
        raw.size = UInt32(MemoryLayout<sf_sample>.stride)
        raw.name = text(sample.name)
        raw.help = text(sample.help)
        raw.value = sample.number
        let labels = kept(sample.labels.map { sf_label(name: text($0.name), value: text($0.value)) }, in: \.labels)
        raw.labels = UnsafePointer(labels.baseAddress)
        raw.label_count = labels.count
        switch sample.value {
        case .counter: raw.type = UInt32(SF_COUNTER)
        case .gauge: raw.type = UInt32(SF_GAUGE)
        case .histogram(let histogram):
            raw.type = UInt32(SF_HISTOGRAM)
            raw.count = histogram.count
            let buckets = kept(
                histogram.buckets.map { sf_bucket(upper_bound: $0.upperBound, count: $0.count) },
                in: \.buckets
            )
            raw.buckets = UnsafePointer(buckets.baseAddress)
            raw.bucket_count = buckets.count
        }
        return raw
    }

    private func text(_ text: String) -> sf_slice {
        sf_slice(UnsafeRawBufferPointer(kept(Array(text.utf8), in: \.texts)))
    }

    private func kept<Element>(
        _ elements: [Element],
        in list: ReferenceWritableKeyPath<SnapshotMemory, [UnsafeMutableBufferPointer<Element>]>
    ) -> UnsafeMutableBufferPointer<Element> {
        let memory = UnsafeMutableBufferPointer<Element>.allocate(capacity: elements.count)
        _ = memory.initialize(from: elements)
        self[keyPath: list].append(memory)
        return memory
    }
}
