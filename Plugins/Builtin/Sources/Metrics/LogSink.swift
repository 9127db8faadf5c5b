import StreamFencePluginKit
import Synchronization

/// `log`: a line in the server's log for each metric that is not what it was, with what a counter gained since:
///
/// ```
/// streamfence_messages_dropped_total{server="feed",namespace="/feed",topic="snapshot"} 120 (+20)
/// ```
///
/// A quiet server so writes nothing, and a busy one only what moves.
public final class LogSink: MetricsSink {
    private let write: @Sendable (String) -> Void
    /// By the metric's name and labels.
    private let last = Mutex<[String: Double]>([:])

    /// - Parameter write: takes each line, on the thread of the export.
    public init(write: @escaping @Sendable (String) -> Void) {
        self.write = write
    }

    /// How serious its lines are to the server's log.
    public enum Level: String, Sendable, CaseIterable {
        /// Named as the log names them.
        case debug, info, warning
    }

    /// Writes to the server's log.
    ///
    /// - Parameter level: how serious the lines are, default `info`.
    public convenience init(level: Level = .info) {
        self.init { PluginLog.write(level.ofPluginLog, $0) }
    }

    /// Writes a line for each metric that has changed; the first time for each that is not 0.
    public func export(_ snapshot: MetricsSnapshot) {
        let lines = last.withLock { last in
            snapshot.samples.compactMap { Self.line(for: $0, &last) }
        }
        lines.forEach(write)
    }

    private static func line(for sample: MetricSample, _ last: inout [String: Double]) -> String? {
        let (number, suffix, isCounter) =
            switch sample.value {
            case .counter(let value): (value, "", true)
            case .gauge(let value): (value, "", false)
            case .histogram(let histogram): (Double(histogram.count), "_count", true)
            }
        let name = "\(sample.name)\(suffix)\(PrometheusText.braced(sample.labels))"
        let before = last.updateValue(number, forKey: name) ?? 0
        guard number != before else { return nil }
        let text = "\(name) \(PrometheusText.number(number))"
        return isCounter ? "\(text) (+\(PrometheusText.number(number - before)))" : text
    }
}

extension LogSink.Level {
    fileprivate var ofPluginLog: PluginLog.Level {
        switch self {
        case .debug: .debug
        case .info: .info
        case .warning: .warning
        }
    }
}
