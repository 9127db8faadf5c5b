/// What one round at a fixed rate measured, at the clients that are healthy.
struct PacedFigures: Codable, Sendable {
    /// What the generator kept up. Below the rate asked for, something held it up.
    var publishedPerSecond: Double
    var deliveries: Int
    /// From when a message was due to when it arrived, in milliseconds.
    var latency: LatencyFigures
    /// The median of the 99th percentiles of each second, in milliseconds: what is left of it when the machine was
    /// elsewhere in some seconds.
    var p99OfASecond: Double
    /// Processor time by time, 1 is a whole core; nil where the system does not tell.
    var serverBusy: Double?
    var generatorBusy: Double
    /// The time that the server was ready to run and had no core, as other work had it, by time.
    var serverWaiting: Double?
    /// Resident memory of the server in KiB, when the first message was published, and how much more it was at most.
    var residentBeforeKiB: Int?
    var residentGrowthKiB: Int?
    var gaps: Int
    var duplicates: Int
    /// Messages that had not arrived when nothing arrived any more.
    var missing: Int
    /// How many messages the clients that had paused did not get when they read on; nil if none paused.
    var dropped: Int?

    /// How many messages went wrong.
    var wrong: Int { gaps + duplicates + missing }
}
