import NIOCore

struct FanoutSettings: Sendable {
    var stage: StageSettings
    var count: Int
    /// How many messages may be on their way, on average over the subscribers that read.
    var window: Int
    /// How many messages a subscriber may be behind: the depth of its queue in the server, or less.
    var laneDepth = 256
    /// How many of the subscribers, the first ones, stop to read before the clock starts.
    var paused = 0
    /// How many messages are published before the clock starts, to fill what can be filled.
    var fill = 0
    /// Whether each message has a key for coalescing, one of its own.
    var hasKeys = false
}

/// One round of fan-out against a running server:
///
/// 1. The ``Stage`` is set, and some subscribers stop to read if they are to.
/// 2. The messages are published as ``PublishWindow`` allows, once a tick of the event loop, and timed. It goes by the
///    subscribers that read.
/// 3. It ends when all have arrived everywhere, or nothing arrives any more.
///
/// Belongs to one event loop.
final class FanoutRun: Run {
    private enum Phase {
        case setting
        case filling
        case measuring
        case over
    }

    private let settings: FanoutSettings
    private let server: ProcessFigures
    private let loop: any EventLoop
    private let stage: Stage
    private let watch: StallWatch
    private let result: EventLoopPromise<FanoutFigures>

    private var phase = Phase.setting
    private var window = PublishWindow(size: 1, laneDepth: 1, subscribers: 1, first: 0, count: 0)
    private var refillIsScheduled = false
    private var latencies = LatencyHistogram()
    private var start = RunStart()
    private var lastDelivery: UInt64 = 0
    /// How many messages were skipped before the clock started.
    private var earlierGaps = 0

    private init(_ settings: FanoutSettings, _ server: RunningServer, _ loop: any EventLoop) {
        self.settings = settings
        self.server = server.figures
        self.loop = loop
        stage = Stage(settings.stage, server.endpoint, loop: loop)
        watch = StallWatch(loop: loop)
        result = loop.makePromise()
    }

    /// Runs a round; succeeds when all connections are closed again.
    static func run(
        _ settings: FanoutSettings,
        against server: RunningServer,
        on loop: any EventLoop
    ) -> EventLoopFuture<FanoutFigures> {
        loop.flatSubmit { FanoutRun(settings, server, loop).run() }
    }

    private func run() -> EventLoopFuture<FanoutFigures> {
        watch.start(
            progress: { self.stage.progress + self.window.settled + self.window.published },
            stalled: { self.stalled() }
        )
        stage.open(for: self)
        return result.futureResult
    }

    // MARK: Publishing

    func ready() {
        do {
            for subscriber in stage.subscribers.prefix(settings.paused) { try subscriber.connection?.pause() }
        } catch {
            failed(error)
        }
        if settings.fill > 0 {
            begin(.filling, first: stage.probes, count: settings.fill)
        } else {
            measure(first: stage.probes)
        }
    }

    private func measure(first: Int) {
        earlierGaps = gaps
        start = RunStart(server)
        begin(.measuring, first: first, count: settings.count)
    }

    private func begin(_ phase: Phase, first: Int, count: Int) {
        self.phase = phase
        window = PublishWindow(
            size: settings.window,
            laneDepth: settings.laneDepth,
            subscribers: readers,
            first: first,
            count: count
        )
        refill()
    }

    /// Publishes what the window has room for, in one write.
    private func refill() {
        refillIsScheduled = false
        while let sequence = window.publishNext() {
            let now = NIODeadline.now().uptimeNanoseconds
            stage.publish(sequence, at: now, key: settings.hasKeys ? sequence : nil)
        }
        stage.flush()
    }

    private var readers: Int { settings.stage.subscribers - settings.paused }

    // MARK: Receiving

    func received(_ stamp: MessageFormat.Stamp, _ settled: Range<Int>, by subscriber: Subscriber, at now: UInt64) {
        guard phase != .over, subscriber.index >= settings.paused else { return }
        guard stamp.sequence < window.published else {
            failed(BenchmarkError("message \(stamp.sequence) came and was not published yet"))
            return
        }
        if phase == .measuring {
            latencies.record(now &- stamp.published)
            lastDelivery = now
        }
        window.settle(settled)
        if window.isComplete {
            completed()
        } else if !refillIsScheduled {
            refillIsScheduled = true
            loop.later { self.refill() }
        }
    }

    private func completed() {
        if phase == .filling {
            measure(first: window.published)
        } else {
            finish(.success(figures()))
        }
    }

    // MARK: The end

    func failed(_ error: any Error) {
        finish(.failure(error))
    }

    private var gaps: Int { stage.subscribers.dropFirst(settings.paused).reduce(0) { $0 + $1.sequence.gaps } }

    private func figures() -> FanoutFigures {
        let deliveries = Int(latencies.count)
        let cost = RunCost(from: start, server: server, until: lastDelivery)
        return FanoutFigures(
            deliveries: deliveries,
            seconds: cost.seconds,
            deliveriesPerSecond: Double(deliveries) / cost.seconds,
            latency: LatencyFigures(latencies),
            serverCPUMicrosecondsPerDelivery: cost.serverCPU.map { $0 * 1e6 / Double(max(1, deliveries)) },
            serverBusy: cost.serverBusy,
            generatorBusy: cost.generatorBusy,
            residentBeforeKiB: start.residentKiB,
            residentPeakKiB: server.residentPeakKiB(),
            gaps: gaps,
            duplicates: stage.subscribers.reduce(0) { $0 + $1.sequence.duplicates },
            missing: settings.count * readers - deliveries - (gaps - earlierGaps)
        )
    }

    private func stalled() {
        if phase == .measuring {
            finish(.success(figures()))
        } else {
            failed(stage.stalled ?? BenchmarkError("the messages before the first that counts do not all arrive"))
        }
    }

    private func finish(_ outcome: Result<FanoutFigures, any Error>) {
        guard phase != .over else { return }
        phase = .over
        watch.stop()
        let result = result
        stage.close().whenComplete { _ in result.completeWith(outcome) }
    }
}
