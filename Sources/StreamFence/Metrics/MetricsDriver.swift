import Logging
import NIOCore
import StreamFenceDelivery
import StreamFenceEngineIO
import StreamFencePluginKit
import Synchronization

/// Hands every metrics sink of a server a snapshot, on an interval and once at the end.
///
/// The interval's timer only asks: snapshots are taken on the sinks' own threads, so that no event loop has to wait for either,
/// and no sink for another.
final class MetricsDriver: Sendable {
    let exporters: [MetricsExporter]
    private let interval: TimeAmount
    private let threads: [SinkThread]
    private let timer = Mutex<RepeatedTask?>(nil)

    /// - Parameters:
    ///   - sinks: each with the name that the configuration uses; each gets a thread.
    ///   - logger: told of failures, one line for each sink in ten seconds, and of what sinks have to say.
    convenience init(sinks: [(name: String, sink: any MetricsSink)], interval: Duration, logger: Logger) {
        let threads = sinks.map { _ in SinkThread() }
        let exporters = zip(sinks, threads).map { sink, thread in
            var logger = logger
            logger[metadataKey: "sink"] = "\(sink.name)"
            let failures = LogLimiter(perWindow: 1, window: .seconds(10))
            return MetricsExporter(
                name: sink.name,
                sink: sink.sink,
                executor: thread,
                log: { [logger] level, line in logger.log(level: Logger.Level(level), "\(line)") },
                onFailure: { [logger] error in
                    let metadata: Logger.Metadata = ["reason": "\(error)"]
                    failures.log(logger, level: .warning, "could not export metrics", metadata: metadata)
                }
            )
        }
        self.init(exporters: exporters, interval: interval, threads: threads)
    }

    init(exporters: [MetricsExporter], interval: Duration, threads: [SinkThread] = []) {
        self.exporters = exporters
        self.interval = TimeAmount(interval)
        self.threads = threads
    }

    deinit {
        stop()
    }

    /// Has snapshots exported from now on, the first after one interval.
    ///
    /// - Parameter snapshot: takes one, on any thread.
    func start(on eventLoop: any EventLoop, _ snapshot: @escaping @Sendable () -> MetricsSnapshot) {
        guard !exporters.isEmpty else { return }
        threads.forEach { $0.start() }
        let timer = eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { [exporters] _ in
            for exporter in exporters { exporter.export(snapshot) }
        }
        self.timer.withLock { $0 = timer }
    }

    /// Ends the interval, and has a last snapshot exported.
    ///
    /// - Returns: what succeeds when a sink has it, one for each.
    func finish(
        on eventLoop: any EventLoop,
        _ snapshot: @escaping @Sendable () -> MetricsSnapshot
    ) -> [EventLoopFuture<Void>] {
        cancelTimer()
        return exporters.map { $0.exportLast(snapshot, on: eventLoop) }
    }

    /// Nothing is exported any more. The threads end; nobody waits for one that is blocked.
    func stop() {
        cancelTimer()
        for exporter in exporters { exporter.abandon() }
        for thread in threads { thread.stop() }
    }

    /// Once: a second time its event loop may have ended.
    private func cancelTimer() {
        let timer = timer.withLock { timer in
            defer { timer = nil }
            return timer
        }
        timer?.cancel()
    }
}

extension Logger.Level {
    fileprivate init(_ level: PluginLog.Level) {
        switch level {
        case .debug: self = .debug
        case .info: self = .info
        case .warning: self = .warning
        case .error: self = .error
        }
    }
}
