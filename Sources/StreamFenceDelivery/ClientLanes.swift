import DequeModule
import StreamFencePluginKit

/// One client's lanes in one namespace, and the bytes they may hold together.
///
/// Owned by the connection's event loop.
package final class ClientLanes {
    /// The client's id in the namespace.
    package let id: String
    let settings: LaneSettings
    package let writer: ConnectionWriter
    let loop: DeliveryLoop
    private let onDisconnect: (String) -> Void
    /// What all lanes hold, in encoded bytes; kept, never recomputed.
    package private(set) var queuedBytes = 0
    /// What the lanes have in the spill store, in encoded bytes.
    private(set) var spilledBytes = 0
    /// The client has left; it opens no lanes any more.
    package private(set) var isClosed = false
    /// A policy has had the client disconnected: nothing is accepted for it any more.
    private(set) var isDisconnecting = false
    /// By the topic's number, as the caller numbers topics.
    private var lanes: [Int: Lane] = [:]
    /// What the lanes have in the spill store, by the topic's number; kept until the store is rid of it.
    private var spills: [Int: SpillQueue] = [:]
    /// What can't be read back from the store for want of bytes that other lanes of the client hold, in turn.
    private var starved: Deque<SpillQueue> = []
    private var isRefillAwaited = false
    /// Where the messages in flight are, by their number.
    var inFlight: [UInt32: InFlightPlace] = [:]

    struct InFlightPlace {
        let lane: Lane
        let slot: Int
    }

    /// - Parameter onDisconnect: closes the client's connection, with a reason it can read; at the end of the tick, as it
    ///   is called while lanes are being worked on.
    package init(
        id: String,
        settings: LaneSettings,
        writer: ConnectionWriter,
        loop: DeliveryLoop,
        onDisconnect: @escaping (String) -> Void
    ) {
        self.id = id
        self.settings = settings
        self.writer = writer
        self.loop = loop
        self.onDisconnect = onDisconnect
    }

    /// The lane for a topic the client is subscribed to.
    package func lane(for topic: Int) -> Lane? {
        lanes[topic]
    }

    /// The topics the client is subscribed to, in no order.
    package var topics: some Collection<Int> { lanes.keys }

    /// Opens a lane; the client must not have one for the topic.
    package func open(_ topic: Int, named name: String, counters: LaneCounters) -> Lane {
        let lane = Lane(topic: name, client: self, counters: counters)
        lanes[topic] = lane
        if let service = settings.spill {
            let name = SpillLane(namespace: settings.namespace, clientID: id, topic: name)
            let spill = spills[topic] ?? SpillQueue(service: service, name: name, loop: loop)
            spills[topic] = spill
            spill.lane = lane
            lane.spill = spill
        }
        return lane
    }

    /// Closes a lane; what it holds is discarded, what is offered later counts as such at once.
    package func close(_ topic: Int) -> Lane? {
        guard let lane = lanes.removeValue(forKey: topic) else { return nil }
        lane.close()
        writer.forget(lane)
        loop.forget(lane)
        if spills[topic]?.isClean == true { spills[topic] = nil }
        return lane
    }

    /// Marks that the client has left. Its lanes are closed one by one, by whoever lists them.
    package func close() {
        isClosed = true
    }

    /// Closes the client's connection for falling behind.
    func disconnect(reason: String) {
        guard !isDisconnecting else { return }
        isDisconnecting = true
        onDisconnect(reason)
    }

    // MARK: Accounts

    func queued(_ bytes: Int) {
        queuedBytes += bytes
        settings.memory.take(bytes)
    }

    func unqueued(_ bytes: Int) {
        queuedBytes -= bytes
        settings.memory.giveBack(bytes)
        if !starved.isEmpty { refillLater() }
    }

    func spilled(_ bytes: Int) {
        spilledBytes += bytes
    }

    func unspilled(_ bytes: Int) {
        spilledBytes -= bytes
    }

    // MARK: Lanes that wait for room

    /// Whether a lane may be refilled from the store. The first that could not be goes first: otherwise one with small
    /// messages would take the room that another with a large one waits for.
    func mayRefill(_ spill: SpillQueue, from room: LaneRoom, needing bytes: Int) -> Bool {
        let isFirst = starved.first.map { $0 === spill } ?? true
        if isFirst, room.bytes >= bytes {
            guard !starved.isEmpty else { return true }
            starved.removeFirst()
            spill.isStarved = false
            if !starved.isEmpty { refillLater() }
            return true
        }
        if !spill.isStarved {
            spill.isStarved = true
            starved.append(spill)
        }
        return false
    }

    /// The lane waits for nothing any more.
    func noLongerStarved(_ spill: SpillQueue) {
        guard spill.isStarved else { return }
        spill.isStarved = false
        starved.removeAll { $0 === spill }
        if !starved.isEmpty { refillLater() }
    }

    /// Has the first that waits try again, at the end of the tick: a lane is being worked on now.
    private func refillLater() {
        guard !isRefillAwaited else { return }
        isRefillAwaited = true
        loop.eventLoop.assumeIsolated().execute {
            self.isRefillAwaited = false
            self.starved.first?.pump()
        }
    }
}

@available(*, unavailable)
extension ClientLanes: Sendable {}

/// What a lane has room for.
struct LaneRoom {
    let messages: Int
    /// In encoded bytes.
    let bytes: Int
}
