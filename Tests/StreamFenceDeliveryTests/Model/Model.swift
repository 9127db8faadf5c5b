import StreamFencePluginKit

/// What lanes in memory should do, written down again as plainly as possible and sharing no code with the engine.
///
/// Time is in milliseconds; what a client is told of is written `gap(2 overflow)`, what it is sent by its name, and `|`
/// stands where it was flushed.
struct Model {
    struct Entry {
        var sample: Sample
        /// Why each message that is missing before this one is.
        var lostBefore: [String] = []
    }

    struct Flight {
        let sample: Sample
        var retries = 0
        var wait = Wait.unflushed

        enum Wait: Equatable {
            case unflushed
            case until(Int)
            case due
        }
    }

    struct Lane {
        var queue: [Entry] = []
        /// In the order they were last sent in.
        var flight: [Flight] = []
        /// The numbers of those to be sent again, in their order.
        var due: [UInt64] = []
        /// Why each message is missing that was lost behind the queue.
        var lostBehind: [String] = []
        var nextTurn = 0
        var isAwaitingFlush = false
        var lastWritten: UInt64 = 0

        var held: Int { queue.count + flight.count }
        var bytes: Int {
            queue.reduce(0) { $0 + $1.sample.bytes } + flight.reduce(0) { $0 + $1.sample.bytes }
        }
    }

    struct Client {
        var lanes: [String: Lane] = [:]
        /// The topics with something to send, in the order of their turns.
        var turns: [String] = []
        var room = 0
        var hasUnsent = false
        var isUnflushed = false
        var isDrainAwaited = false
        var isDisconnecting = false
        var log: [String] = []
        var counts = Counts()
        var events = Events()
        var reasons: [OverflowReasonName: Int] = [:]

        var bytes: Int { lanes.values.reduce(0) { $0 + $1.bytes } }
        var held: Int { lanes.values.reduce(0) { $0 + $1.held } }
    }

    typealias OverflowReasonName = String

    let setup: Setup
    var now = 0
    var clients: [Client]

    init(_ setup: Setup) {
        self.setup = setup
        clients = (0..<setup.clients).map { _ in Client() }
    }

    var memory: Int { clients.reduce(0) { $0 + $1.bytes } }

    // MARK: Offering

    mutating func offer(_ samples: [Sample], _ client: Int, _ topic: String) {
        clients[client].counts.offered += samples.count
        if clients[client].isDisconnecting {
            clients[client].counts.discarded += samples.count
        } else if canPass(samples, client, topic) {
            for sample in samples { wrote(Entry(sample: sample), client, topic) }
        } else {
            for sample in samples {
                if clients[client].isDisconnecting {
                    clients[client].counts.discarded += 1
                } else {
                    offer(sample, client, topic)
                }
            }
        }
    }

    /// Whether all may be written at once, as nothing waits before them and there is room for all.
    private func canPass(_ samples: [Sample], _ client: Int, _ topic: String) -> Bool {
        let lane = lane(client, topic)
        let bytes = samples.reduce(0) { $0 + $1.bytes }
        guard clients[client].turns.isEmpty, lane.queue.isEmpty, lane.lostBehind.isEmpty, bytes <= clients[client].room,
            setup.minInterval == nil, samples.allSatisfy({ $0.bytes <= setup.maxBytes })
        else { return false }
        guard let acknowledgement = setup.acknowledgement else { return true }
        return lane.flight.count + samples.count <= acknowledgement.maxInFlight
            && clients[client].bytes + bytes <= setup.maxBytes && hasMemory(bytes, client)
    }

    private mutating func offer(_ sample: Sample, _ client: Int, _ topic: String) {
        let queue = lane(client, topic).queue
        if setup.minInterval != nil, !queue.isEmpty, fits(sample, client, inPlaceOf: queue[queue.count - 1]) {
            change(client, topic) { $0.queue[queue.count - 1].sample = sample }
            clients[client].counts.replaced += 1
        } else if setup.coalesces, let index = newest(sample.key, queue), fits(sample, client, inPlaceOf: queue[index])
        {
            change(client, topic) { $0.queue[index].sample = sample }
            clients[client].counts.coalesced += 1
        } else if limit(sample, client, topic) == nil || makeRoom(for: sample, client, topic) {
            change(client, topic) {
                $0.queue.append(Entry(sample: sample, lostBefore: $0.lostBehind))
                $0.lostBehind = []
            }
            schedule(client, topic)
        }
    }

    func newest(_ key: String?, _ queue: [Entry]) -> Int? {
        queue.lastIndex { $0.sample.key == key }
    }

    // MARK: Limits

    /// Why there is no room for the newcomer; nil if there is.
    func limit(_ sample: Sample, _ client: Int, _ topic: String) -> String? {
        if lane(client, topic).held >= setup.maxMessages { return "queue_full" }
        if clients[client].bytes + sample.bytes > setup.maxBytes { return "queue_bytes" }
        return hasMemory(sample.bytes, client) ? nil : "server_memory"
    }

    private func hasMemory(_ bytes: Int, _ client: Int) -> Bool {
        let free = setup.memory - memory
        return bytes <= free && clients[client].bytes + bytes <= 16 * free
    }

    func fits(_ sample: Sample, _ client: Int, inPlaceOf entry: Entry) -> Bool {
        let growth = sample.bytes - entry.sample.bytes
        return growth <= 0 || clients[client].bytes + growth <= setup.maxBytes && hasMemory(growth, client)
    }

    // MARK: Subscribing

    mutating func subscribe(_ client: Int, _ topic: String) {
        clients[client].lanes[topic] = Lane()
    }

    mutating func unsubscribe(_ client: Int, _ topic: String) {
        clients[client].counts.discarded += lane(client, topic).held
        clients[client].lanes[topic] = nil
        clients[client].turns.removeAll { $0 == topic }
    }

    func lane(_ client: Int, _ topic: String) -> Lane {
        clients[client].lanes[topic] ?? Lane()
    }

    mutating func change(_ client: Int, _ topic: String, _ body: (inout Lane) -> Void) {
        body(&clients[client].lanes[topic, default: Lane()])
    }
}

/// What happened to messages on their way to their outcome.
struct Events: Equatable {
    var retries = 0
    var stale = 0
    var foreign = 0
}
