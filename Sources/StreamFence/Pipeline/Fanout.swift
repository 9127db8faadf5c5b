import NIOCore
import StreamFenceDelivery
import Synchronization

/// Brings published messages to the event loops of their subscribers.
///
/// 1. Takes publishes from any thread and puts them into one order, the same for every subscriber of the namespace.
/// 2. Gives each event loop its share once per batch, never once per client.
/// 3. Keeps the latest messages of each topic for who subscribes next, where the namespace retains any.
/// 4. Knows who is subscribed, so that a publisher learns how many recipients there are, and a loop without any is left
///    alone.
final class Fanout: Sendable {
    let shards: [FanoutShard]
    private let state: Mutex<State>

    /// One message on its way to an event loop.
    struct Dispatch {
        let topic: Int
        let message: Message
        /// The one client it is for; nil for every subscriber.
        let target: FanoutShard.Member?
    }

    private struct State {
        /// What each shard has not yet taken.
        var outboxes: [Outbox]
        /// By topic.
        var retained: [RetainedMessages]
        var members: [String: Subscriptions] = [:]
    }

    struct Outbox {
        var dispatches: [Dispatch] = []
        var bytes = 0
        /// How many subscribers each topic has on this shard's loop.
        var subscribers: [Int]
    }

    private struct Subscriptions {
        let member: FanoutShard.Member
        let shard: Int
        var topics: Set<Int> = []
    }

    /// The most bytes that may wait for one event loop to take them: a publisher that outruns the server is refused
    /// rather than given all of its memory.
    private let maxOutboxBytes: Int
    /// What ``maxOutboxBytes`` is at most, unless told otherwise.
    static let defaultOutboxBytes = 64 << 20

    init(
        topicCount: Int,
        loops: [DeliveryLoopBox],
        maxOutboxBytes: Int = Fanout.defaultOutboxBytes,
        retain: RetainedMessages = RetainedMessages()
    ) {
        self.maxOutboxBytes = maxOutboxBytes
        shards = loops.enumerated().map { FanoutShard(index: $0, topicCount: topicCount, loop: $1) }
        let outbox = Outbox(subscribers: Array(repeating: 0, count: topicCount))
        state = Mutex(
            State(
                outboxes: Array(repeating: outbox, count: loops.count),
                retained: Array(repeating: retain, count: topicCount)
            )
        )
    }

    /// Sends a message to every subscriber of a topic. May be called from any thread.
    ///
    /// - Returns: how many subscribers there are.
    func publish(_ message: Message, topic: Int) throws(RequestError) -> Int {
        let sent = state.withLock { state -> (recipients: Int, shards: ShardSet)? in
            var recipients = 0
            var shards = ShardSet()
            for index in state.outboxes.indices where state.outboxes[index].subscribers[topic] > 0 {
                guard state.outboxes[index].bytes < maxOutboxBytes else { return nil }
                recipients += state.outboxes[index].subscribers[topic]
                shards.insert(index)
            }
            for index in state.outboxes.indices where state.outboxes[index].subscribers[topic] > 0 {
                state.outboxes[index].append(Dispatch(topic: topic, message: message, target: nil))
            }
            state.retained[topic].append(message)
            return (recipients, shards)
        }
        guard let sent else { throw overflow }
        for shard in shards where sent.shards.mayContain(shard.index) { shard.wake(self) }
        return sent.recipients
    }

    /// Shards by number, without an allocation for each publish. Beyond 64 loops numbers share a bit, and a loop may be
    /// woken for nothing.
    private struct ShardSet {
        private var bits: UInt64 = 0

        mutating func insert(_ index: Int) { bits |= 1 << UInt64(index % 64) }
        func mayContain(_ index: Int) -> Bool { bits & 1 << UInt64(index % 64) != 0 }
    }

    /// Sends a message to one client. May be called from any thread.
    ///
    /// - Returns: false if the client is not subscribed to the topic.
    func publish(_ message: Message, topic: Int, to clientID: String) throws(RequestError) -> Bool {
        enum Outcome { case sent(Int), unsubscribed, full }
        let outcome = state.withLock { state -> Outcome in
            guard let client = state.members[clientID], client.topics.contains(topic) else { return .unsubscribed }
            guard state.outboxes[client.shard].bytes < maxOutboxBytes else { return .full }
            state.outboxes[client.shard].append(Dispatch(topic: topic, message: message, target: client.member))
            return .sent(client.shard)
        }
        switch outcome {
        case .sent(let shard):
            shards[shard].wake(self)
            return true
        case .unsubscribed:
            return false
        case .full:
            throw overflow
        }
    }

    private var overflow: RequestError {
        RequestError(.queueOverflow, "the server has \(maxOutboxBytes) bytes of messages waiting to be distributed")
    }

    // MARK: For the shards

    /// Takes everything that waits for a shard, leaving `spare`'s storage in its place.
    func take(_ shard: Int, reusing spare: inout [Dispatch]) {
        state.withLock { state in
            swap(&state.outboxes[shard].dispatches, &spare)
            state.outboxes[shard].bytes = 0
        }
    }

    /// Whether anything waits for a shard.
    func hasWaiting(_ shard: Int) -> Bool {
        state.withLock { !$0.outboxes[shard].dispatches.isEmpty }
    }

    /// Adds a subscriber, who gets what is published from now on.
    ///
    /// - Parameter earlier: gets what was published before and waits for the shard: to be delivered first, to those who
    ///   were subscribed.
    /// - Returns: what was retained before.
    func add(
        _ member: FanoutShard.Member,
        id: String,
        topic: Int,
        shard: Int,
        taking earlier: inout [Dispatch]
    ) -> [Message] {
        state.withLock { state in
            swap(&state.outboxes[shard].dispatches, &earlier)
            state.outboxes[shard].bytes = 0
            state.outboxes[shard].subscribers[topic] += 1
            state.members[id, default: Subscriptions(member: member, shard: shard)].topics.insert(topic)
            return state.retained[topic].messages
        }
    }

    func removed(id: String, topic: Int, shard: Int) {
        state.withLock { state in
            state.outboxes[shard].subscribers[topic] -= 1
            state.members[id]?.topics.remove(topic)
            if state.members[id]?.topics.isEmpty == true { state.members[id] = nil }
        }
    }
}

extension Fanout.Outbox {
    mutating func append(_ dispatch: Fanout.Dispatch) {
        dispatches.append(dispatch)
        bytes += dispatch.message.bytes
    }
}
