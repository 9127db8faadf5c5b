import NIOCore

/// One round at a fixed rate against a running server, with some clients that do not read:
///
/// 1. Polling clients subscribe, if there are any; the ``Stage`` is set; the hindered stop to read.
/// 2. The messages are published as ``Pace`` says. Their latency counts from when they were due.
/// 3. When all healthy clients have the last message, or nothing arrives any more, clients that paused read on, to tell
///    how many messages were dropped for them.
///
/// Belongs to one event loop.
final class PacedRun: Run {
    private enum Phase {
        case setting
        case measuring
        case draining
        case over
    }

    /// No timer is set for less, so that a high rate does not keep the generator from reading.
    private static let shortestWait: UInt64 = 250_000

    private let settings: PacedSettings
    private let server: RunningServer
    private let loop: any EventLoop
    private let stage: Stage
    private let watch: StallWatch
    private let memory: MemoryWatch
    private let result: EventLoopPromise<PacedFigures>

    private var phase = Phase.setting
    private var pollingClients: [any Channel] = []
    private var pace = Pace(start: 0, rate: 1, count: 0)
    private var latencies = LatencyBySecond(start: 0)
    private var start = RunStart()
    private var lastPublish: UInt64 = 0
    private var lastDelivery: UInt64 = 0
    /// How many healthy subscribers have the last message.
    private var completed = 0
    /// How many of the subscribers that paused have the last message.
    private var drained = 0
    /// Messages that show that something still happens.
    private var received = 0
    private var figures: PacedFigures?

    private init(_ settings: PacedSettings, _ server: RunningServer, _ loop: any EventLoop) {
        self.settings = settings
        self.server = server
        self.loop = loop
        let stageSettings = StageSettings(
            address: settings.address,
            subscribers: settings.clients - settings.hindrance.pollingClients,
            size: settings.size,
            attachment: settings.attachment,
            smallBuffers: settings.hindrance.subscribers
        )
        stage = Stage(stageSettings, server.endpoint, loop: loop)
        watch = StallWatch(loop: loop)
        memory = MemoryWatch(server.figures, loop: loop)
        result = loop.makePromise()
    }

    /// Runs a round; succeeds when all connections are closed again.
    static func run(
        _ settings: PacedSettings,
        against server: RunningServer,
        on loop: any EventLoop
    ) -> EventLoopFuture<PacedFigures> {
        loop.flatSubmit { PacedRun(settings, server, loop).run() }
    }

    private func run() -> EventLoopFuture<PacedFigures> {
        watch.start(
            progress: { self.stage.progress + self.pollingClients.count + self.pace.published + self.received },
            stalled: { self.stalled() }
        )
        openPollingClients(settings.hindrance.pollingClients)
        return result.futureResult
    }

    /// One after the other, then all else.
    private func openPollingClients(_ count: Int) {
        guard count > 0 else {
            stage.open(for: self)
            return
        }
        let opened = NIOLoopBound(
            { (outcome: Result<any Channel, any Error>) in
                switch outcome {
                case .success(let channel):
                    self.pollingClients.append(channel)
                    self.openPollingClients(count - 1)
                case .failure(let error):
                    self.failed(error)
                }
            },
            eventLoop: loop
        )
        PollingClient.open(settings.address, server.endpoint, on: loop).whenComplete { opened.value($0) }
    }

    private var hindered: ArraySlice<Subscriber> { stage.subscribers.prefix(settings.hindrance.subscribers) }

    // MARK: Publishing

    func ready() {
        do {
            for subscriber in hindered {
                if case .slow(_, let bytes) = settings.hindrance {
                    try subscriber.connection?.readSlowly(bytes: bytes)
                } else {
                    try subscriber.connection?.pause()
                }
            }
        } catch {
            failed(error)
            return
        }
        phase = .measuring
        memory.start()
        start = RunStart(server.figures)
        latencies = LatencyBySecond(start: start.nanoseconds)
        pace = Pace(start: start.nanoseconds, rate: settings.rate, count: settings.count)
        publish()
    }

    private func publish() {
        guard phase == .measuring else { return }
        let now = NIODeadline.now().uptimeNanoseconds
        for number in pace.take(at: now) {
            stage.publish(stage.probes + number, at: pace.due(number))
            lastPublish = now
        }
        stage.flush()
        guard !pace.isComplete else { return }
        let next = max(pace.due(pace.published), now + Self.shortestWait)
        _ = loop.at(.uptimeNanoseconds(next)) { self.publish() }
    }

    // MARK: Receiving

    func received(_ stamp: MessageFormat.Stamp, _ settled: Range<Int>, by subscriber: Subscriber, at now: UInt64) {
        guard phase != .over else { return }
        let isLast = settled.upperBound == stage.probes + settings.count
        guard subscriber.index >= stage.subscribers.count - settings.healthy else {
            if phase == .draining { received += 1 }
            if isLast { drained += 1 }
            finishIfDrained()
            return
        }
        received += 1
        latencies.record(now > stamp.published ? now - stamp.published : 0, at: now)
        lastDelivery = now
        if isLast { completed += 1 }
        if completed == settings.healthy { measured() }
    }

    /// Nothing that counts will arrive any more.
    private func measured() {
        guard phase == .measuring else { return }
        memory.stop()
        let figures = makeFigures()
        self.figures = figures
        phase = .draining
        guard case .paused = settings.hindrance else {
            finish(.success(figures))
            return
        }
        do {
            for subscriber in hindered { try subscriber.connection?.resume() }
            finishIfDrained()
        } catch {
            failed(error)
        }
    }

    // MARK: The end

    func failed(_ error: any Error) {
        finish(.failure(error))
    }

    private func makeFigures() -> PacedFigures {
        let cost = RunCost(from: start, server: server.figures, until: lastDelivery)
        let healthy = stage.subscribers.suffix(settings.healthy)
        let gaps = healthy.reduce(0) { $0 + $1.sequence.gaps }
        let deliveries = Int(latencies.all.count)
        let publishing = Double(max(lastPublish, start.nanoseconds + 1) - start.nanoseconds) / 1e9
        return PacedFigures(
            publishedPerSecond: Double(pace.published) / publishing,
            deliveries: deliveries,
            latency: LatencyFigures(latencies.all),
            p99OfASecond: (latencies.medianP99 ?? 0) / 1e6,
            serverBusy: cost.serverBusy,
            generatorBusy: cost.generatorBusy,
            serverWaiting: cost.serverWaiting,
            residentBeforeKiB: memory.before,
            residentGrowthKiB: memory.growth,
            gaps: gaps,
            duplicates: stage.subscribers.reduce(0) { $0 + $1.sequence.duplicates },
            missing: settings.count * settings.healthy - deliveries - gaps
        )
    }

    private func stalled() {
        switch phase {
        case .setting: failed(stage.stalled ?? BenchmarkError("the polling clients do not all subscribe"))
        case .measuring: measured()
        case .draining: failed(BenchmarkError("a client that paused does not get the newest message when it reads on"))
        case .over: break
        }
    }

    private func finishIfDrained() {
        guard phase == .draining, drained == settings.hindrance.subscribers, var figures else { return }
        figures.dropped = hindered.reduce(0) { $0 + $1.sequence.gaps }
        finish(.success(figures))
    }

    private func finish(_ outcome: Result<PacedFigures, any Error>) {
        guard phase != .over else { return }
        phase = .over
        watch.stop()
        memory.stop()
        let polling = pollingClients.map { $0.close() }
        let result = result
        stage.close().and(EventLoopFuture.andAllComplete(polling, on: loop)).whenComplete { _ in
            result.completeWith(outcome)
        }
    }
}
