/// What one round of fan-out measured.
struct FanoutFigures: Codable, Sendable {
    /// How many messages arrived, counted once a subscriber.
    var deliveries: Int
    /// From the first publish to the last delivery.
    var seconds: Double
    var deliveriesPerSecond: Double
    /// From publish to delivery, in milliseconds.
    var latency: LatencyFigures
    /// Nil where the system does not tell.
    var serverCPUMicrosecondsPerDelivery: Double?
    /// Processor time by time, 1 is a whole core. Whichever is near 1 sets the pace.
    var serverBusy: Double?
    var generatorBusy: Double
    /// Resident memory in KiB: when all have subscribed, and at its highest since the server started.
    var residentBeforeKiB: Int?
    var residentPeakKiB: Int?
    var gaps: Int
    var duplicates: Int
    /// Messages that had not arrived when nothing arrived any more.
    var missing: Int

    /// How many messages went wrong.
    var wrong: Int { gaps + duplicates + missing }

    /// Nil if each message arrived once and in order everywhere.
    var losses: String? {
        guard wrong != 0 else { return nil }
        return "\(gaps) skipped, \(duplicates) came twice or late, \(missing) missing at the end"
    }
}

struct LatencyFigures: Codable, Sendable {
    var p50: Double
    var p99: Double
    var p999: Double
    var max: Double

    init(_ histogram: LatencyHistogram) {
        func milliseconds(_ fraction: Double) -> Double { Double(histogram.percentile(fraction) ?? 0) / 1e6 }
        p50 = milliseconds(0.5)
        p99 = milliseconds(0.99)
        p999 = milliseconds(0.999)
        max = Double(histogram.max) / 1e6
    }
}

/// What one round of idle connections measured.
struct IdleFigures: Codable, Sendable {
    var connections: Int
    /// From the first connect until all have joined the namespace.
    var seconds: Double
    var connectionsPerSecond: Double
    /// Resident memory in KiB; nil where the system does not tell.
    var residentBeforeKiB: Int?
    var residentAfterKiB: Int?
    var residentKiBPerConnection: Double?
}
