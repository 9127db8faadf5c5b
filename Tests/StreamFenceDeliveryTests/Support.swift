import NIOCore
import NIOEmbedded
import StreamFencePluginKit
import Synchronization

@testable import StreamFenceDelivery

/// What the tests send: texts to recognise messages by.
final class Text: MessageContent {
    let texts: [String]
    init(_ texts: [String]) { self.texts = texts }

    func withPayload(_ payload: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Void) {
        body(UnsafeRawBufferPointer(start: nil, count: 0))
    }

    func joined(with others: [any MessageContent]) -> any MessageContent {
        Text(texts + others.flatMap { ($0 as? Text)?.texts ?? ["?"] })
    }
}

/// A client's connection that takes as many bytes as the test says.
final class FakeTransport: LaneTransport {
    /// How many more bytes it takes.
    var room: Int
    /// How many messages it takes, for one that does not count bytes: its room is 1 as long as there are any.
    var messagesLeft: Int? { didSet { room = messagesLeft ?? 0 > 0 ? 1 : 0 } }
    /// Whether what is flushed stays on this side.
    var hasUnsent = false
    /// What was written, in order; `|` stands where it was flushed.
    private(set) var log: [String] = []
    /// Why the client was to be disconnected.
    private(set) var disconnects: [String] = []
    var onWrite: ((String) -> Void)?
    var onFlush: (() -> Void)?

    init(room: Int) { self.room = room }

    var written: [String] { log.filter { $0 != "|" } }

    func write(_ content: any MessageContent) {
        // A message may follow the notice of what is missing before it.
        precondition(room > 0 || log.last?.hasPrefix("gap") == true, "written to while it has no room")
        let texts = (content as? Text)?.texts ?? ["?"]
        room = max(0, room - texts.reduce(0) { $0 + $1.utf8.count })
        if let messagesLeft { self.messagesLeft = messagesLeft - texts.count }
        log += texts
        for text in texts { onWrite?(text) }
    }

    func flush() {
        log.append("|")
        onFlush?()
    }

    func disconnected(_ reason: String) { disconnects.append(reason) }
}

/// A policy that is a closure.
struct Deciding: OverflowPolicy {
    let body: @Sendable (borrowing Overflow) -> OverflowDecision

    init(_ body: @escaping @Sendable (borrowing Overflow) -> OverflowDecision) { self.body = body }

    func decide(_ overflow: borrowing Overflow) -> OverflowDecision { body(overflow) }
}

/// A client with its connection and its lanes, spoken to in the words of the domain. Topics are single letters.
final class Subscriber {
    let transport: FakeTransport
    let writer: ConnectionWriter
    let lanes: ClientLanes
    let counters = LaneCounters()
    let loop: EmbeddedEventLoop
    private var numbers: [String: UInt64] = [:]

    /// What else a namespace may say; the first four are what most tests are about.
    struct Options {
        var coalesces = false
        var acknowledgement: AcknowledgementSettings?
        var timeToLive: TimeAmount?
        var minInterval: TimeAmount?
        var notifiesGaps = false
        var spill: SpillService?
        var memory = MemoryBudget(limit: .max / 64)
        var observer: (any LaneObserver)?
    }

    init(
        messages: Int = 3,
        bytes: Int = 1000,
        transportTakes room: Int = 0,
        policy: any OverflowPolicy = Deciding { _ in .reject() },
        sharing deliveryLoop: DeliveryLoop? = nil,
        _ options: Options = Options()
    ) {
        loop = deliveryLoop?.eventLoop as? EmbeddedEventLoop ?? EmbeddedEventLoop()
        transport = FakeTransport(room: room)
        let deliveryLoop = deliveryLoop ?? DeliveryLoop(eventLoop: loop)
        writer = ConnectionWriter(transport: transport, loop: deliveryLoop)
        let settings = LaneSettings(
            namespace: "/feed",
            maxMessages: messages,
            maxBytes: bytes,
            policy: policy,
            coalesces: options.coalesces,
            acknowledgement: options.acknowledgement,
            timeToLive: options.timeToLive,
            minInterval: options.minInterval,
            gapNotice: options.notifiesGaps ? Self.gapNotice : nil,
            spill: options.spill,
            memory: options.memory,
            observer: options.observer
        )
        lanes = ClientLanes(id: "bob", settings: settings, writer: writer, loop: deliveryLoop) { [transport] reason in
            transport.disconnected(reason)
        }
    }

    private static let gapNotice: LaneSettings.GapNotice = { _, gap in Message(notice: gap) }

    func subscribe(_ topics: String...) {
        for topic in topics { _ = lanes.open(Self.number(topic), named: topic, counters: counters) }
    }

    @discardableResult
    func unsubscribe(_ topic: String) -> Lane? { lanes.close(Self.number(topic)) }

    func lane(_ topic: String) -> Lane { lanes.lane(for: Self.number(topic)) ?? missing(topic) }

    private func missing(_ topic: String) -> Lane { preconditionFailure("not subscribed to \(topic)") }

    /// Offers messages of one byte a character, and nothing else: the writer is not asked to drain.
    func offer(_ texts: String..., to topic: String) {
        lane(topic).offer(texts)
    }

    /// Offers messages one by one, and each time has what fits written. They are numbered from 1, over all topics.
    func publish(_ texts: String..., to topic: String, key: String? = nil) {
        for text in texts {
            let number = UInt64(numbers.count + 1)
            numbers[text] = number
            let message = Message(text, key: key, number: number, publishedAt: loop.now)
            MessageBatch([message]).map { lane(topic).offer($0) }
            writer.drain()
        }
    }

    /// The number of a message that was published.
    func number(_ text: String) -> UInt64 { numbers[text] ?? 0 }

    /// The client acknowledges a published message, and the tick ends.
    @discardableResult
    func acknowledge(_ text: String, on topic: String) -> AcknowledgementOutcome {
        defer { loop.run() }
        return lanes.acknowledge(number(text), on: lanes.lane(for: Self.number(topic)))
    }

    /// The transport takes this many more bytes, and says so.
    func transportTakes(_ count: Int) {
        transport.room += count
        writer.drain()
    }

    /// Time passes; whoever waits for it is woken.
    func pass(_ time: TimeAmount) { loop.advanceTime(by: time) }

    func queue(_ topic: String) -> [String] {
        let lane = lane(topic)
        return (0..<lane.queue.count).map { lane.queue[$0].message.key ?? "?" }
    }

    /// Offered, and what became of it.
    var counts: Counts { Counts(counters) }

    private static func number(_ topic: String) -> Int { Int(topic.utf8.first ?? 0) }
}

extension Lane {
    /// Offers messages of one byte a character as one batch.
    func offer(_ texts: [String], key: (String) -> String = { $0 }) {
        if let batch = MessageBatch(texts.map { Message($0, key: key($0), publishedAt: client.loop.now) }) {
            offer(batch)
        }
    }
}

extension Message {
    /// Numbers are the test's business where they matter; otherwise every message has the next one.
    private static let lastNumber = Atomic<UInt64>(0)

    convenience init(_ text: String, key: String? = nil, number: UInt64? = nil, publishedAt: NIODeadline) {
        self.init(
            content: Text([text]),
            bytes: text.utf8.count,
            key: key,
            number: number ?? Self.lastNumber.wrappingAdd(1, ordering: .relaxed).newValue,
            publishedAt: publishedAt
        )
    }

    /// `gap(3 overflow)`.
    convenience init(notice gap: Gap) {
        let text = "gap(\(gap.dropped) \(gap.reason.rawValue))"
        self.init(
            content: Text([text]),
            bytes: text.utf8.count,
            key: nil,
            number: 0,
            publishedAt: .distantPast
        )
    }
}

struct Counts: Equatable {
    var offered = 0
    var delivered = 0
    var acknowledged = 0
    var dropped = 0
    var coalesced = 0
    var replaced = 0
    var rejected = 0
    var expired = 0
    var retryExhausted = 0
    var discarded = 0

    var ended: Int {
        delivered + acknowledged + dropped + coalesced + replaced + rejected + expired + retryExhausted + discarded
    }

    mutating func add(_ other: Counts) {
        offered += other.offered
        delivered += other.delivered
        acknowledged += other.acknowledged
        dropped += other.dropped
        coalesced += other.coalesced
        replaced += other.replaced
        rejected += other.rejected
        expired += other.expired
        retryExhausted += other.retryExhausted
        discarded += other.discarded
    }
}

extension Counts {
    init(_ counters: LaneCounters) {
        self.init(
            offered: counters.offered,
            delivered: counters[.delivered],
            acknowledged: counters[.acknowledged],
            dropped: counters[.dropped],
            coalesced: counters[.coalesced],
            replaced: counters[.replaced],
            rejected: counters[.rejected],
            expired: counters[.expired],
            retryExhausted: counters[.retryExhausted],
            discarded: counters[.discarded]
        )
    }
}
