import NIOCore
import StreamFenceDelivery
import StreamFencePluginKit
import Synchronization

/// One metrics sink, at its own pace: on a thread of its own that it may block.
///
/// 1. Gives it a snapshot when asked to, unless it is still at the one before: then it misses this one.
/// 2. Gives it a last snapshot at the end, after whatever it is still at.
/// 3. Counts what it missed and what failed.
final class MetricsExporter: Sendable {
    /// The name that the configuration uses.
    let name: String
    private let sink: any MetricsSink
    private let executor: any BlockingExecutor
    private let onFailure: @Sendable (any Error) -> Void
    private let log: @Sendable (PluginLog.Level, String) -> Void
    private let state = Mutex(State())

    private struct State {
        var pace = Pace.idle
        var failures = 0
        var missed = 0
        /// Succeeds when the last snapshot is exported.
        var finished: EventLoopPromise<Void>?
    }

    private enum Pace {
        case idle
        case exporting
        /// The sink is at a snapshot, and the last one waits for it.
        case exportingBeforeLast
        case exportingLast
        case finished
    }

    /// - Parameters:
    ///   - executor: the sink's own thread.
    ///   - log: where lines go that the sink writes with `PluginLog`.
    ///   - onFailure: called on that thread with what the sink threw.
    init(
        name: String,
        sink: any MetricsSink,
        executor: any BlockingExecutor,
        log: @escaping @Sendable (PluginLog.Level, String) -> Void = { _, _ in },
        onFailure: @escaping @Sendable (any Error) -> Void
    ) {
        self.name = name
        self.sink = sink
        self.executor = executor
        self.log = log
        self.onFailure = onFailure
    }

    /// How many exports the sink has thrown out of.
    var failures: Int { state.withLock(\.failures) }
    /// How many snapshots it was too busy for.
    var missed: Int { state.withLock(\.missed) }

    /// Has the sink export, if it is ready for it.
    ///
    /// - Parameter snapshot: takes the snapshot, on the sink's thread.
    func export(_ snapshot: @escaping @Sendable () -> MetricsSnapshot) {
        let isReady = state.withLock { state in
            switch state.pace {
            case .idle:
                state.pace = .exporting
                return true
            case .exporting:
                state.missed += 1
                return false
            case .exportingBeforeLast, .exportingLast, .finished:
                return false
            }
        }
        if isReady { submit(snapshot) }
    }

    /// Has the sink export once more and never again. Only once.
    ///
    /// - Returns: what succeeds when it has, or is not waited for any longer.
    func exportLast(
        _ snapshot: @escaping @Sendable () -> MetricsSnapshot,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<Void> {
        let finished = eventLoop.makePromise(of: Void.self)
        let isReady = state.withLock { state in
            state.finished = finished
            let isReady = state.pace == .idle
            state.pace = isReady ? .exportingLast : .exportingBeforeLast
            return isReady
        }
        if isReady { submit(snapshot) }
        return finished.futureResult
    }

    /// Has the sink export nothing more, and waits for it no longer.
    func abandon() {
        let finished = state.withLock { state in
            state.pace = .finished
            defer { state.finished = nil }
            return state.finished
        }
        finished?.succeed()
    }

    private func submit(_ snapshot: @escaping @Sendable () -> MetricsSnapshot) {
        executor.submit { [self] in
            do {
                try PluginLog.$linked.withValue(LinkedLog(log)) { try sink.export(snapshot()) }
            } catch {
                state.withLock { $0.failures += 1 }
                onFailure(error)
            }
            exported(snapshot)
        }
    }

    private func exported(_ snapshot: @escaping @Sendable () -> MetricsSnapshot) {
        enum Next { case nothing, last, end(EventLoopPromise<Void>?) }
        let next = state.withLock { state -> Next in
            switch state.pace {
            case .idle, .exporting:
                state.pace = .idle
                return .nothing
            case .finished:
                return .nothing
            case .exportingBeforeLast:
                state.pace = .exportingLast
                return .last
            case .exportingLast:
                state.pace = .finished
                defer { state.finished = nil }
                return .end(state.finished)
            }
        }
        switch next {
        case .nothing: break
        case .last: submit(snapshot)
        case .end(let finished): finished?.succeed()
        }
    }
}
