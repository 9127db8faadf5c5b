import NIOCore

struct StageSettings: Sendable {
    var address: TopicAddress
    var subscribers: Int
    /// Of a payload, in bytes.
    var size: Int
    /// Of the attachment that each message has, in bytes; none if nil.
    var attachment: Int?
    /// How many of the subscribers, the first ones, get a small receive buffer, as they will be kept from reading.
    var smallBuffers = 0
    /// How subscribers acknowledge what they receive; not at all if nil.
    var acknowledge: AckStyle?
    /// What each subscriber subscribes to besides, in the same namespace.
    var moreTopics: [String] = []
    /// How many connections subscribe elsewhere, and where.
    var bystanders = 0
    var bystandersAddress = TopicAddress(namespace: "/other", topic: "other")
}

/// The connections of a run, and how it begins:
///
/// 1. Subscribers, bystanders and a publisher join.
/// 2. Probes are published until all subscribers have heard the last one. That needs no answer to `subscribe`, which
///    not every server gives, and warms both sides up.
/// 3. The run takes over. Its messages have sequence numbers from ``probes`` on.
///
/// Belongs to one event loop.
final class Stage {
    private enum Phase {
        case joining
        case probing
        case running
        case over
    }

    private static let probeInterval = TimeAmount.milliseconds(100)

    let format: MessageFormat
    private(set) var subscribers: [Subscriber] = []
    /// How many probes were published.
    private(set) var probes = 0

    private let settings: StageSettings
    private let loop: any EventLoop
    private let crowd: Crowd
    private var publisher: Publisher?
    private var run: (any Run)?
    private var phase = Phase.joining
    /// How many subscribers have heard the last probe.
    private var heardLastProbe = 0
    private var probeTimer: Scheduled<Void>?

    init(_ settings: StageSettings, _ endpoint: Endpoint, loop: any EventLoop) {
        self.settings = settings
        self.loop = loop
        format = MessageFormat(
            address: settings.address,
            payloadBytes: settings.size,
            attachmentBytes: settings.attachment
        )
        crowd = Crowd(endpoint, loop: loop)
    }

    /// Opens the connections; `run` hears when all is ready, and is held until ``close()``.
    func open(for run: any Run) {
        self.run = run
        let acknowledgements = settings.acknowledge.map {
            AcknowledgementWriter(style: $0, address: settings.address)
        }
        subscribers = (0..<settings.subscribers).map { makeSubscriber($0, acknowledgements) }
        let publisher = Publisher(self, ConnectionSettings(namespace: settings.address.namespace))
        self.publisher = publisher
        let bystanders = (0..<settings.bystanders).map { _ in makeBystander() }
        crowd.open(subscribers + bystanders + [publisher]) { self.probe() }
    }

    private func makeSubscriber(_ index: Int, _ acknowledgements: AcknowledgementWriter?) -> Subscriber {
        let buffer = index < settings.smallBuffers ? Subscriber.smallReceiveBuffer : nil
        return Subscriber(
            index,
            self,
            ConnectionSettings(namespace: settings.address.namespace, receiveBuffer: buffer),
            acknowledgements
        )
    }

    private func makeBystander() -> Bystander {
        Bystander(
            ConnectionSettings(namespace: settings.bystandersAddress.namespace),
            subscribe: settings.bystandersAddress.subscribe,
            whenJoined: { self.joined($0) },
            whenLost: { self.lost($0) }
        )
    }

    /// Closes all connections and lets go of the run; succeeds when they are closed.
    func close() -> EventLoopFuture<Void> {
        phase = .over
        probeTimer?.cancel()
        // They hold this stage, which holds them.
        subscribers = []
        publisher = nil
        run = nil
        return crowd.close()
    }

    /// Grows while there is hope that ``Run/ready()`` will be called.
    var progress: Int {
        crowd.joinedCount + subscribers.count { $0.sequence.next != nil }
    }

    /// Why there is no hope, if ``progress`` stands still before all is ready.
    var stalled: BenchmarkError? {
        switch phase {
        case .joining:
            let expected = settings.subscribers + settings.bystanders + 1
            return BenchmarkError("\(crowd.joinedCount) of \(expected) connections joined, then no more")
        case .probing:
            let heard = subscribers.count { $0.sequence.next != nil }
            return BenchmarkError("\(heard) of \(settings.subscribers) subscribers get messages, then no more")
        case .running, .over:
            return nil
        }
    }

    // MARK: Publishing

    /// Adds a message to what the next ``flush()`` sends.
    func publish(_ sequence: Int, at nanoseconds: UInt64, key: Int? = nil, receipt: Int? = nil) {
        publisher?.add(format.publish(sequence, at: nanoseconds, key: key, receipt: receipt))
    }

    func flush() {
        publisher?.flush()
    }

    private func probe() {
        phase = .probing
        publish(probes, at: NIODeadline.now().uptimeNanoseconds)
        flush()
        probes += 1
        heardLastProbe = 0
        probeTimer = loop.after(Self.probeInterval) { if self.phase == .probing { self.probe() } }
    }

    private func probeArrived(_ number: Int) {
        guard phase == .probing, number == probes - 1 else { return }
        heardLastProbe += 1
        guard heardLastProbe == settings.subscribers else { return }
        probeTimer?.cancel()
        phase = .running
        run?.ready()
    }
}

// MARK: - What the connections tell

extension Stage {
    func joined(_ subscriber: Subscriber, _ connection: ClientConnection) {
        var frames = ByteBuffer()
        for topic in [settings.address.topic] + settings.moreTopics {
            frames.writeClientText(TopicAddress(namespace: settings.address.namespace, topic: topic).subscribe)
        }
        connection.send(frames)
        joined(connection)
    }

    func joined(_ connection: ClientConnection) {
        crowd.joined(connection)
    }

    func received(_ stamp: MessageFormat.Stamp, _ settled: Range<Int>, by subscriber: Subscriber, at now: UInt64) {
        if phase == .running {
            run?.received(stamp, settled, by: subscriber, at: now)
        } else {
            probeArrived(stamp.sequence)
        }
    }

    func accepted(_ id: Int) {
        run?.accepted(id)
    }

    func publisherReadEnded() {
        if phase == .running { run?.publisherReadEnded() }
    }

    func refused(_ packet: String) {
        run?.failed(BenchmarkError("the server refuses: \(packet)"))
    }

    func notAcknowledgeable(_ packet: UnsafeRawBufferPointer) {
        let found = String(decoding: packet.prefix(2000), as: UTF8.self)
        run?.failed(BenchmarkError("expected a message that says how to acknowledge it, found \(found)"))
    }

    func lost(_ error: any Error) {
        run?.failed(error)
    }
}
