import CStreamFenceShim
import StreamFencePluginKit
import Synchronization

/// How the calls of one component went. Any thread.
final class PluginMetrics: @unchecked Sendable {
    // Unchecked: what counts, in C, is for any thread.
    /// How far apart warnings of one trouble of a component are at least.
    static let betweenWarnings = Duration.seconds(10)

    /// What decisions are warned of, as nobody is there to throw an error to.
    enum Trouble {
        case failing, slow
    }

    let calls: UnsafeMutablePointer<sf_shim_counter> = sf_shim_make_counter()
    /// By itself, as each publish is a rank and may be a decision: of one number for both, one in 64 may always be a rank.
    private let ranks: UnsafeMutablePointer<sf_shim_counter> = sf_shim_make_counter()
    private let errors = Atomic<UInt64>(0)
    let durations: UnsafeMutablePointer<sf_shim_durations> = sf_shim_make_durations()
    private let lastWarnings = Mutex<[Trouble: ContinuousClock.Instant]>([:])
    private let now: @Sendable () -> ContinuousClock.Instant

    init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.now = now
    }

    /// Counts a call and how long it takes.
    func measure<Result>(_ call: () throws -> Result) rethrows -> Result {
        _ = sf_shim_count(calls)
        let start = now()
        defer { add(now() - start) }
        return try call()
    }

    /// The same for one that others wait for meanwhile.
    func measure<Result: Sendable>(
        isolation: isolated (any Actor)? = #isolation,
        _ call: () async throws -> Result
    ) async rethrows -> Result {
        _ = sf_shim_count(calls)
        let start = now()
        defer { add(now() - start) }
        return try await call()
    }

    /// Counts a rank, as decisions are counted.
    ///
    /// - Returns: whether it is to be timed: the first of every 64 of a thread.
    func countRank() -> Bool {
        sf_shim_count(ranks) % UInt64(SF_SHIM_DECISIONS_PER_TIMING) == 0
    }

    /// Times a rank, which has been counted.
    func time<Result>(_ rank: () -> Result) -> Result {
        let start = now()
        defer { add(now() - start) }
        return rank()
    }

    func countError() {
        errors.wrappingAdd(1, ordering: .relaxed)
    }

    /// Whether to warn of a trouble: not if that was done a short while ago.
    func isDue(_ trouble: Trouble) -> Bool {
        let time = now()
        return lastWarnings.withLock { last in
            if let before = last[trouble], time - before < Self.betweenWarnings { return false }
            last[trouble] = time
            return true
        }
    }

    private func add(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        sf_shim_add_duration(durations, UInt64(clamping: seconds * 1_000_000_000 + attoseconds / 1_000_000_000))
    }

    // MARK: Samples

    private var callCount: UInt64 { sf_shim_total(calls) + sf_shim_total(ranks) }

    /// How many calls took how long.
    private var histogram: MetricSample.Histogram {
        let durations = sf_shim_durations_now(durations)
        let bounds = UnsafeBufferPointer(start: sf_shim_duration_bounds(), count: Int(SF_SHIM_DURATION_BUCKETS))
        let counts = withUnsafeBytes(of: durations.counts) { Array($0.bindMemory(to: UInt64.self)) }
        var below: UInt64 = 0
        let buckets = zip(bounds, counts).map { bound, count in
            below += count
            return MetricSample.Histogram.Bucket(upperBound: Double(bound) / 1e9, count: below)
        }
        return MetricSample.Histogram(
            buckets: buckets,
            count: counts.reduce(0, +),
            sum: Double(durations.nanoseconds) / 1e9
        )
    }

    /// The samples of several components, those of one metric together.
    static func samples(of components: [(labels: [MetricSample.Label], metrics: PluginMetrics)]) -> [MetricSample] {
        components.map { component in
            MetricSample(
                name: "streamfence_plugin_calls_total",
                help: "Calls into a loaded plugin.",
                labels: component.labels,
                value: .counter(Double(component.metrics.callCount))
            )
        }
            + components.map { component in
                MetricSample(
                    name: "streamfence_plugin_errors_total",
                    help:
                        "Calls into a loaded plugin that failed, threw, or gave an answer that its contract rules out.",
                    labels: component.labels,
                    value: .counter(Double(component.metrics.errors.load(ordering: .relaxed)))
                )
            }
            + components.map { component in
                MetricSample(
                    name: "streamfence_plugin_call_seconds",
                    help: "How long calls into a loaded plugin took; of an overflow policy's, one in 64 is timed.",
                    labels: component.labels,
                    value: .histogram(component.metrics.histogram)
                )
            }
    }

    static func lateAnswers(_ count: UInt64, of plugin: String) -> MetricSample {
        MetricSample(
            name: "streamfence_plugin_late_answers_total",
            help:
                "Answers of a loaded plugin's token validators that nobody waited for: late, given twice, or to no call.",
            labels: [.init(name: "plugin", value: plugin)],
            value: .counter(Double(count))
        )
    }
}
