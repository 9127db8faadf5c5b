import NIOCore

struct FanoutSettings: Codable, Sendable {
    var clients: Int
    var count: Int
    /// Of a payload, in bytes.
    var size: Int
    var window: Int

    /// How many messages a subscriber may be behind: the depth of its queue in the server.
    static let laneDepth = 256
}

/// One round of fan-out against a running server:
///
/// 1. Subscribers and a publisher join.
/// 2. Probes are published until all subscribers have heard the last one. That needs no answer to `subscribe`, which
///    not every server gives, and warms both sides up.
/// 3. The messages are published as ``PublishWindow`` allows, once a tick of the event loop, and timed.
/// 4. It ends when all have arrived everywhere, or nothing arrives any more.
///
/// Belongs to one event loop.
final class FanoutRun {
    private enum Phase {
        case joining
        case probing
        case measuring
        case over
    }

    private static let probeInterval = TimeAmount.milliseconds(100)

    private let settings: FanoutSettings
    private let server: ProcessFigures
    private let loop: any EventLoop
    private let format: MessageFormat
    private let crowd: Crowd
    private let watch: StallWatch
    private let result: EventLoopPromise<FanoutFigures>

    private var phase = Phase.joining
    private var subscribers: [Subscriber] = []
    private var publisher: ClientConnection?
    private var probes = 0
    /// How many subscribers have heard the last probe.
    private var heardLastProbe = 0
    private var probeTimer: Scheduled<Void>?
    private var window: PublishWindow
    private var refillIsScheduled = false
    private var latencies = LatencyHistogram()
    private var start = RunStart()
    private var lastDelivery: UInt64 = 0

    private init(_ settings: FanoutSettings, _ server: RunningServer, _ loop: any EventLoop) {
        self.settings = settings
        self.server = server.figures
        self.loop = loop
        format = MessageFormat(payloadBytes: settings.size)
        crowd = Crowd(port: server.port, loop: loop)
        watch = StallWatch(loop: loop)
        result = loop.makePromise()
        window = PublishWindow(size: 1, laneDepth: 1, subscribers: 1, first: 0, count: 0)
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
        subscribers = (0..<settings.clients).map { _ in Subscriber(self) }
        watch.start(progress: { self.progress }, stalled: { self.stalled() })
        crowd.open(subscribers + [Publisher(self)]) { self.probe() }
        return result.futureResult
    }

    fileprivate func joined(_ connection: ClientConnection, isPublisher: Bool) {
        if isPublisher {
            publisher = connection
        } else {
            connection.send(text: MessageFormat.subscribe)
        }
        crowd.joined(connection)
    }

    fileprivate func lost(_ error: any Error) {
        finish(.failure(error))
    }

    private var progress: Int {
        crowd.joinedCount + window.settled + subscribers.count { $0.sequence.next != nil }
    }
}

// MARK: - Probing

extension FanoutRun {
    private func probe() {
        phase = .probing
        publisher?.send(text: format.publish(probes, at: NIODeadline.now().uptimeNanoseconds))
        probes += 1
        heardLastProbe = 0
        let again = NIOLoopBound({ self.probeAgain() }, eventLoop: loop)
        probeTimer = loop.scheduleTask(in: Self.probeInterval) { again.value() }
    }

    private func probeAgain() {
        if phase == .probing { probe() }
    }

    private func probeArrived(_ number: Int) {
        guard number == probes - 1 else { return }
        heardLastProbe += 1
        guard heardLastProbe == settings.clients else { return }
        probeTimer?.cancel()
        measure()
    }
}

// MARK: - Measuring

extension FanoutRun {
    private func measure() {
        phase = .measuring
        window = PublishWindow(
            size: settings.window,
            laneDepth: FanoutSettings.laneDepth,
            subscribers: settings.clients,
            first: probes,
            count: settings.count
        )
        start = RunStart(
            nanoseconds: NIODeadline.now().uptimeNanoseconds,
            serverCPU: server.cpuSeconds(),
            generatorCPU: ProcessFigures.ownCPUSeconds(),
            residentKiB: server.residentKiB()
        )
        refill()
    }

    /// Publishes what the window has room for, in one write.
    private func refill() {
        refillIsScheduled = false
        var frames = ByteBuffer()
        while let sequence = window.publishNext() {
            frames.writeClientText(format.publish(sequence, at: NIODeadline.now().uptimeNanoseconds))
        }
        if frames.readableBytes > 0 { publisher?.send(frames) }
    }

    fileprivate func received(_ stamp: MessageFormat.Stamp, by subscriber: Subscriber, at now: UInt64) {
        let settled = subscriber.sequence.received(stamp.sequence)
        guard !settled.isEmpty else { return }
        switch phase {
        case .probing:
            probeArrived(stamp.sequence)
        case .measuring:
            guard stamp.sequence < window.published else {
                finish(.failure(BenchmarkError("message \(stamp.sequence) came and was not published yet")))
                return
            }
            latencies.record(now &- stamp.published)
            lastDelivery = now
            window.settle(settled)
            if window.isComplete {
                finish(.success(figures()))
            } else if !refillIsScheduled {
                refillIsScheduled = true
                let refill = NIOLoopBound({ self.refill() }, eventLoop: loop)
                loop.execute { refill.value() }
            }
        case .joining, .over:
            break
        }
    }
}

// MARK: - The end

extension FanoutRun {
    private func figures() -> FanoutFigures {
        let seconds = Double(max(lastDelivery, start.nanoseconds + 1) - start.nanoseconds) / 1e9
        let deliveries = Int(latencies.count)
        let serverCPU = server.cpuSeconds().flatMap { end in start.serverCPU.map { end - $0 } }
        let gaps = subscribers.reduce(0) { $0 + $1.sequence.gaps }
        return FanoutFigures(
            deliveries: deliveries,
            seconds: seconds,
            deliveriesPerSecond: Double(deliveries) / seconds,
            latency: LatencyFigures(latencies),
            serverCPUMicrosecondsPerDelivery: serverCPU.map { $0 * 1e6 / Double(max(1, deliveries)) },
            serverBusy: serverCPU.map { $0 / seconds },
            generatorBusy: (ProcessFigures.ownCPUSeconds() - start.generatorCPU) / seconds,
            residentBeforeKiB: start.residentKiB,
            residentPeakKiB: server.residentPeakKiB(),
            gaps: gaps,
            duplicates: subscribers.reduce(0) { $0 + $1.sequence.duplicates },
            missing: settings.count * settings.clients - deliveries - gaps
        )
    }

    private func stalled() {
        switch phase {
        case .joining:
            let expected = settings.clients + 1
            finish(.failure(BenchmarkError("\(crowd.joinedCount) of \(expected) connections joined, then no more")))
        case .probing:
            let heard = subscribers.count { $0.sequence.next != nil }
            finish(.failure(BenchmarkError("\(heard) of \(settings.clients) subscribers get messages, then no more")))
        case .measuring:
            finish(.success(figures()))
        case .over:
            break
        }
    }

    private func finish(_ outcome: Result<FanoutFigures, any Error>) {
        guard phase != .over else { return }
        phase = .over
        watch.stop()
        probeTimer?.cancel()
        // They hold this run, which holds them.
        subscribers = []
        let result = result
        crowd.close().whenComplete { _ in result.completeWith(outcome) }
    }
}

/// What was true when the first message was published.
private struct RunStart {
    var nanoseconds: UInt64 = 0
    var serverCPU: Double?
    var generatorCPU = 0.0
    var residentKiB: Int?
}

private final class Subscriber: ConnectionDelegate {
    private let run: FanoutRun
    var sequence = SequenceCheck()

    init(_ run: FanoutRun) {
        self.run = run
    }

    func joined(_ connection: ClientConnection) {
        run.joined(connection, isPublisher: false)
    }

    func received(_ packet: UnsafeRawBufferPointer, at nanoseconds: UInt64) {
        guard let stamp = MessageFormat.stamp(of: packet) else { return }
        run.received(stamp, by: self, at: nanoseconds)
    }

    func lost(_ error: any Error) {
        run.lost(error)
    }
}

private final class Publisher: ConnectionDelegate {
    private let run: FanoutRun

    init(_ run: FanoutRun) {
        self.run = run
    }

    func joined(_ connection: ClientConnection) {
        run.joined(connection, isPublisher: true)
    }

    /// What a publisher is told, an `error` for example, shows in what does not arrive.
    func received(_ packet: UnsafeRawBufferPointer, at nanoseconds: UInt64) {}

    func lost(_ error: any Error) {
        run.lost(error)
    }
}
