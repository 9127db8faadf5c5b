import NIOCore
import StreamFencePluginKit

@testable import StreamFenceDelivery

/// What the tests send: texts to recognise messages by.
final class Text: MessageContent {
    let texts: [String]
    init(_ texts: [String]) { self.texts = texts }

    func joined(with others: [any MessageContent]) -> any MessageContent {
        Text(texts + others.flatMap { ($0 as? Text)?.texts ?? ["?"] })
    }
}

/// A client's connection that takes as many bytes as the test says.
final class FakeTransport: LaneTransport {
    /// How many more bytes it takes.
    var room: Int
    /// What was written, in order; `|` stands where it was flushed.
    private(set) var log: [String] = []
    private(set) var disconnects: [String] = []
    var onWrite: ((String) -> Void)?
    var onFlush: (() -> Void)?

    init(room: Int) { self.room = room }

    var written: [String] { log.filter { $0 != "|" } }

    func write(_ content: any MessageContent) {
        precondition(room > 0, "written to while it has no room")
        let texts = (content as? Text)?.texts ?? ["?"]
        room = max(0, room - texts.reduce(0) { $0 + $1.utf8.count })
        log += texts
        for text in texts { onWrite?(text) }
    }

    func flush() {
        log.append("|")
        onFlush?()
    }

    func disconnect(reason: String) { disconnects.append(reason) }
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

    init(
        messages: Int = 3,
        bytes: Int = 1000,
        transportTakes room: Int = 0,
        policy: any OverflowPolicy = Deciding { _ in .reject() }
    ) {
        transport = FakeTransport(room: room)
        writer = ConnectionWriter(transport: transport)
        let settings = LaneSettings(namespace: "/feed", maxMessages: messages, maxBytes: bytes, policy: policy)
        lanes = ClientLanes(settings: settings, writer: writer)
    }

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

    /// The transport takes this many more bytes, and says so.
    func transportTakes(_ count: Int) {
        transport.room += count
        writer.drain()
    }

    func queue(_ topic: String) -> [String] {
        let lane = lane(topic)
        return (0..<lane.count).map { lane.message(at: $0)?.key ?? "?" }
    }

    /// Offered, and what became of it.
    var counts: Counts {
        Counts(
            offered: counters.offered,
            delivered: counters[.delivered],
            dropped: counters[.dropped],
            coalesced: counters[.coalesced],
            replaced: counters[.replaced],
            rejected: counters[.rejected],
            discarded: counters[.discarded]
        )
    }

    private static func number(_ topic: String) -> Int { Int(topic.utf8.first ?? 0) }
}

extension Lane {
    /// Offers messages of one byte a character as one batch.
    func offer(_ texts: [String], key: (String) -> String = { $0 }) {
        let messages = texts.map { Message(content: Text([$0]), bytes: $0.utf8.count, key: key($0)) }
        if let batch = MessageBatch(messages) { offer(batch) }
    }
}

struct Counts: Equatable {
    var offered = 0
    var delivered = 0
    var dropped = 0
    var coalesced = 0
    var replaced = 0
    var rejected = 0
    var discarded = 0

    var ended: Int { delivered + dropped + coalesced + replaced + rejected + discarded }
}
