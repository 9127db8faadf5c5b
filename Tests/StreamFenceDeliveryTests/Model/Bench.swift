import NIOCore
import NIOEmbedded
import StreamFenceBuiltin
import StreamFencePluginKit

@testable import StreamFenceDelivery

/// The engine, set up as a sequence says, with clients whose transports take what the test says.
final class Bench {
    final class Client {
        let transport = FakeTransport(room: 0)
        let writer: ConnectionWriter
        let lanes: ClientLanes
        /// Each lane's own, those that were closed included; the newest last.
        fileprivate(set) var counters: [String: [LaneCounters]] = [:]

        fileprivate init(_ id: String, _ settings: LaneSettings, _ loop: DeliveryLoop) {
            writer = ConnectionWriter(transport: transport, loop: loop)
            lanes = ClientLanes(id: id, settings: settings, writer: writer, loop: loop) { [transport] reason in
                transport.disconnected(reason)
            }
        }
    }

    let loop = EmbeddedEventLoop()
    let deliveryLoop: DeliveryLoop
    let memory: MemoryBudget
    private let settings: LaneSettings
    private(set) var clients: [Client]

    init(_ setup: Setup, spill: SpillService? = nil, journal: Journal? = nil) {
        deliveryLoop = DeliveryLoop(eventLoop: loop)
        memory = MemoryBudget(limit: setup.memory)
        settings = LaneSettings(
            namespace: "/feed",
            maxMessages: setup.maxMessages,
            maxBytes: setup.maxBytes,
            policy: journal.map { setup.kind.policy.noting(in: $0) } ?? setup.kind.policy,
            coalesces: setup.coalesces,
            acknowledgement: setup.acknowledgement.map { AcknowledgementSettings(of: $0) },
            timeToLive: setup.timeToLive.map { .milliseconds(Int64($0)) },
            minInterval: setup.minInterval.map { .milliseconds(Int64($0)) },
            gapNotice: setup.notifiesGaps ? Self.notice : nil,
            spill: spill,
            memory: memory,
            observer: journal
        )
        clients = []
        for number in 0..<setup.clients { clients.append(Client("\(number)", settings, deliveryLoop)) }
    }

    private static let notice: LaneSettings.GapNotice = { _, gap in Message(notice: gap) }

    /// A client has left and another has come.
    func replace(_ client: Int, by id: String) {
        clients[client] = Client(id, settings, deliveryLoop)
    }

    func lane(_ client: Int, _ topic: String) -> Lane? { clients[client].lanes.lane(for: Self.number(topic)) }

    func subscribe(_ client: Int, _ topic: String) {
        let counters = LaneCounters()
        clients[client].counters[topic, default: []].append(counters)
        _ = clients[client].lanes.open(Self.number(topic), named: topic, counters: counters)
    }

    func unsubscribe(_ client: Int, _ topic: String) {
        _ = clients[client].lanes.close(Self.number(topic))
    }

    func offer(_ samples: [Sample], _ client: Int, _ topic: String) {
        guard let batch = MessageBatch(samples.map { Message($0) }) else { return }
        lane(client, topic)?.offer(batch)
    }

    func pass(_ milliseconds: Int) {
        loop.advanceTime(by: .milliseconds(Int64(milliseconds)))
    }

    private static func number(_ topic: String) -> Int { Int(topic.utf8.first ?? 0) }
}

extension Bench.Client {
    var counts: Counts {
        counters.values.joined().reduce(into: Counts()) { $0.add(Counts($1)) }
    }

    func count(_ event: LaneCounters.Event) -> Int {
        counters.values.joined().reduce(0) { $0 + $1[event] }
    }

    func count(_ reason: OverflowReason) -> Int {
        counters.values.joined().reduce(0) { $0 + $1[reason] }
    }

    func count(_ place: LaneCounters.Place) -> Int {
        counters.values.joined().reduce(0) { $0 + $1[place] }
    }
}

extension Lane {
    /// What waits in memory, by name.
    var names: [String] { (0..<queue.count).map { queue[$0].message.name } }
    /// What awaits its acknowledgement, by name, in no order.
    var flightNames: [String] {
        client.inFlight.values.filter { $0.lane === self }.compactMap { inFlight[$0.slot].message?.name }
    }
}

extension Message {
    var name: String { (content as? Text)?.texts.first ?? "?" }

    fileprivate convenience init(_ sample: Sample) {
        self.init(
            content: Text([sample.name]),
            bytes: sample.bytes,
            key: sample.key,
            number: sample.number,
            publishedAt: .uptimeNanoseconds(UInt64(sample.publishedAt) * 1_000_000)
        )
    }
}

extension OverflowPolicy {
    /// This policy, whose every decision is noted.
    fileprivate func noting(in journal: Journal) -> any OverflowPolicy {
        Deciding { overflow in
            let decision = decide(overflow)
            journal.note(.decided(decision, queued: overflow.count))
            return decision
        }
    }
}

extension AcknowledgementSettings {
    fileprivate init(of acknowledgement: Setup.Acknowledgement) {
        self.init(
            maxInFlight: acknowledgement.maxInFlight,
            maxRetries: acknowledgement.maxRetries,
            timeout: .milliseconds(Int64(acknowledgement.timeout)),
            multiplier: Double(acknowledgement.multiplier),
            maxDelay: .milliseconds(Int64(acknowledgement.maxDelay))
        )
    }
}

extension Setup.Kind {
    fileprivate var policy: any OverflowPolicy {
        switch self {
        case .rejectNew, .reliableRejectNew: RejectNew()
        case .dropOldest: DropOldest()
        case .coalesce: Coalesce()
        case .snapshotOnly: SnapshotOnly()
        case .disconnect: Disconnect()
        case .spill, .reliableSpill: SpillToDisk()
        case .custom, .reliableCustom: Deciding { customDecision($0.lane.key(at: nil), $0.count, spills: false) }
        case .customSpill, .reliableCustomSpill:
            Deciding { customDecision($0.lane.key(at: nil), $0.count, spills: true) }
        }
    }
}
