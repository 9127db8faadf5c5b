import NIOCore

struct SpillSettings: Sendable {
    var address = TopicAddress.snapshot
    var count: Int
    /// Of a payload, in bytes.
    var size: Int
    /// How many published messages may await the server's answer.
    var window: Int
    /// How far the spill folder may be behind what was published, in bytes.
    var lag: Int
    /// The server's spill folder.
    var folder: String
}

/// One round of spilling against a running server:
///
/// 1. The ``Stage`` is set: one subscriber, which then reads nothing.
/// 2. Messages are published in small batches until it is known what one takes on disk (``SpillCalibration``), and
///    what memory holds is full.
/// 3. The others are published, as fast as the server answers and the folder follows. That is timed until the folder
///    holds all.
/// 4. The subscriber reads on. That is timed until it has the last message.
/// 5. It leaves, and the folder is watched until no file is left.
///
/// Belongs to one event loop.
final class SpillRun: Run {
    private enum Phase {
        case setting
        case calibrating
        case writing
        case reading
        case leaving
        case over
    }

    private static let interval = TimeAmount.milliseconds(5)
    /// How long files may be left after the subscriber has gone.
    private static let patience = TimeAmount.seconds(30)

    private let settings: SpillSettings
    private let server: ProcessFigures
    private let loop: any EventLoop
    private let stage: Stage
    private let watch: StallWatch
    private let memory: MemoryWatch
    private let result: EventLoopPromise<SpillFigures>

    private var phase = Phase.setting
    private var folder = FolderContents()
    private var calibration: SpillCalibration
    private var published = 0
    private var accepted = 0
    private var received = 0
    private var start = RunStart()
    private var lastReceived: UInt64 = 0
    private var leaveBy = NIODeadline.now()
    private var figures = SpillFigures()

    private init(_ settings: SpillSettings, _ server: RunningServer, _ loop: any EventLoop) {
        self.settings = settings
        self.server = server.figures
        self.loop = loop
        stage = Stage(
            StageSettings(address: settings.address, subscribers: 1, size: settings.size),
            server.endpoint,
            loop: loop
        )
        watch = StallWatch(loop: loop)
        memory = MemoryWatch(server.figures, loop: loop)
        result = loop.makePromise()
        calibration = SpillCalibration(count: settings.count, size: settings.size)
    }

    /// Runs a round; succeeds when all connections are closed again.
    static func run(
        _ settings: SpillSettings,
        against server: RunningServer,
        on loop: any EventLoop
    ) -> EventLoopFuture<SpillFigures> {
        loop.flatSubmit { SpillRun(settings, server, loop).run() }
    }

    private func run() -> EventLoopFuture<SpillFigures> {
        watch.start(
            progress: { self.stage.progress + self.accepted + self.received + self.folder.bytes },
            stalled: { self.stalled() }
        )
        stage.open(for: self)
        return result.futureResult
    }

    private var subscriber: Subscriber? { stage.subscribers.first }

    func ready() {
        do {
            try subscriber?.connection?.pause()
            phase = .calibrating
            tick()
        } catch {
            failed(error)
        }
    }

    /// Looks at the folder, and does what there is to do. Not while it is read: that is not to be disturbed.
    private func tick() {
        guard phase != .over else { return }
        folder = FolderContents(of: settings.folder)
        switch phase {
        case .calibrating: calibrate()
        case .writing: write()
        case .leaving: leave()
        case .setting, .reading, .over: break
        }
        if phase != .reading, phase != .over { _ = loop.after(Self.interval) { self.tick() } }
    }

    // MARK: Writing

    private func calibrate() {
        guard accepted == published else { return }
        switch calibration.looked(at: folder.bytes, NIODeadline.now().uptimeNanoseconds) {
        case .wait:
            break
        case .publish(let count):
            publish(upTo: published + count)
        case .done(let bytesPerMessage):
            figures.bytesPerMessage = bytesPerMessage
            figures.calibrated = published
            figures.calibratedBytes = folder.bytes
            phase = .writing
            memory.start()
            start = RunStart(server)
            write()
        case .failed(let reason):
            failed(BenchmarkError(reason))
        }
    }

    private func write() {
        let written = Double(folder.bytes - figures.calibratedBytes)
        let expected = Double(settings.count - figures.calibrated) * figures.bytesPerMessage
        // Numbers of more digits may make a record a little larger, or the last one a little smaller.
        if accepted == settings.count, written >= expected * 0.999 {
            figures.folderBytes = folder.bytes
            figures.writing = phaseFigures(bytes: written, until: NIODeadline.now().uptimeNanoseconds)
            read()
            return
        }
        let room = figures.calibrated + Int((written + Double(settings.lag)) / figures.bytesPerMessage)
        publish(upTo: min(room, accepted + settings.window))
    }

    private func publish(upTo end: Int) {
        while published < min(end, settings.count) {
            let now = NIODeadline.now().uptimeNanoseconds
            stage.publish(stage.probes + published, at: now, receipt: published)
            published += 1
        }
        stage.flush()
    }

    func accepted(_ id: Int) {
        accepted += 1
    }

    func publisherReadEnded() {
        if phase == .writing { write() }
    }

    // MARK: Reading

    private func read() {
        phase = .reading
        memory.start()
        start = RunStart(server)
        do {
            try subscriber?.connection?.resume()
        } catch {
            failed(error)
        }
    }

    func received(_ stamp: MessageFormat.Stamp, _ settled: Range<Int>, by subscriber: Subscriber, at now: UInt64) {
        received += 1
        lastReceived = now
        guard settled.upperBound == stage.probes + settings.count else { return }
        guard phase == .reading else {
            failed(BenchmarkError("the last message came to a client that reads nothing"))
            return
        }
        readAll()
    }

    private func readAll() {
        figures.reading = phaseFigures(bytes: Double(received * settings.size), until: lastReceived)
        figures.gaps = subscriber?.sequence.gaps ?? 0
        figures.missing = settings.count - received - figures.gaps
        phase = .leaving
        leaveBy = .now() + Self.patience
        // What is sent again would come right away.
        loop.later {
            self.figures.duplicates = self.subscriber?.sequence.duplicates ?? 0
            _ = self.subscriber?.connection?.close()
            self.tick()
        }
    }

    private func leave() {
        guard folder.files == 0 || NIODeadline.now() > leaveBy else { return }
        figures.filesLeft = folder.files
        finish(.success(figures))
    }

    // MARK: The end

    private func phaseFigures(bytes: Double, until end: UInt64) -> SpillFigures.Phase {
        memory.stop()
        let cost = RunCost(from: start, server: server, until: end)
        return SpillFigures.Phase(
            seconds: cost.seconds,
            megabytesPerSecond: bytes / 1e6 / cost.seconds,
            serverBusy: cost.serverBusy,
            generatorBusy: cost.generatorBusy,
            residentBeforeKiB: memory.before,
            residentGrowthKiB: memory.growth
        )
    }

    func failed(_ error: any Error) {
        finish(.failure(error))
    }

    private func stalled() {
        switch phase {
        case .setting:
            failed(stage.stalled ?? BenchmarkError("the subscriber does not get ready"))
        case .calibrating, .writing:
            let found = "\(published) messages published, \(accepted) accepted, \(folder.bytes) bytes in the folder"
            failed(BenchmarkError("expected all messages to be accepted and spilled, found \(found), then no more"))
        case .reading:
            readAll()
        case .leaving:
            // Watched for longer than others: it waits for files to vanish.
            break
        case .over:
            break
        }
    }

    private func finish(_ outcome: Result<SpillFigures, any Error>) {
        guard phase != .over else { return }
        phase = .over
        watch.stop()
        memory.stop()
        let result = result
        stage.close().whenComplete { _ in result.completeWith(outcome) }
    }
}
