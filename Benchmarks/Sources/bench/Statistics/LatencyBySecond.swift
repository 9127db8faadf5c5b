/// Latencies of a whole run, and of each of its seconds. In nanoseconds, as the times.
struct LatencyBySecond {
    private(set) var all = LatencyHistogram()
    private var second = LatencyHistogram()
    private var secondEnds: UInt64
    private var percentiles: [Double] = []

    /// - Parameter start: when the first second begins.
    init(start: UInt64) {
        secondEnds = start + 1_000_000_000
    }

    mutating func record(_ latency: UInt64, at now: UInt64) {
        if now >= secondEnds { endSecond(now) }
        all.record(latency)
        second.record(latency)
    }

    /// The median of the 99th percentiles of all seconds that had latencies; nil if there were none.
    var medianP99: Double? {
        (percentiles + (second.percentile(0.99).map { [Double($0)] } ?? [])).median
    }

    private mutating func endSecond(_ now: UInt64) {
        if let last = second.percentile(0.99) { percentiles.append(Double(last)) }
        second = LatencyHistogram()
        secondEnds += (now - secondEnds) / 1_000_000_000 * 1_000_000_000 + 1_000_000_000
    }
}
