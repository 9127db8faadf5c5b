import DequeModule
import StreamFencePluginKit

/// One client's queue for one topic: first in, first out, bounded.
///
/// 1. Accepts a message while its limits have room.
/// 2. Otherwise lets the transport take what it can, and only then asks the overflow policy (`+Overflow.swift`).
/// 3. Gives its oldest message to the connection's writer when its turn comes.
///
/// Owned by the connection's event loop.
package final class Lane {
    package let topic: String
    let client: ClientLanes
    let counters: LaneCounters
    private var queue: Deque<Message> = []
    /// Whether the writer has this lane among those with something to send.
    var isScheduled = false
    /// Where the lane stands in its topic's list of subscribers; kept by whoever keeps the list.
    package var position = 0
    private(set) var isClosed = false

    init(topic: String, client: ClientLanes, counters: LaneCounters) {
        self.topic = topic
        self.client = client
        self.counters = counters
    }

    package var isEmpty: Bool { queue.isEmpty }

    /// The connection's writer.
    package var writer: ConnectionWriter { client.writer }

    /// Offers messages in order; each is accepted, or handled as the overflow policy decides.
    ///
    /// Nothing is sent before the writer is asked to drain, unless room has to be made. Where nothing waits and the
    /// transport has room for them all, the messages are written without being queued first.
    package func offer(_ batch: MessageBatch) {
        counters.countOffered(batch.messages.count)
        if queue.isEmpty, !isClosed, batch.largest <= client.settings.maxBytes, client.writer.pass(batch) {
            counters.count(.delivered, batch.messages.count)
            return
        }
        for message in batch.messages {
            if isClosed {
                // The client left while these were offered to it.
                counters.count(.discarded)
            } else if overflowCause(for: message) == nil || makeRoom(for: message) {
                append(message)
            }
        }
    }

    private func append(_ message: Message) {
        queue.append(message)
        client.queued(message.bytes)
        client.writer.schedule(self)
    }

    /// The limit that has no room for `message`; nil if it fits.
    func overflowCause(for message: Message) -> OverflowCause? {
        if queue.count >= client.settings.maxMessages { return .messages }
        if client.queuedBytes + message.bytes > client.settings.maxBytes { return .bytes }
        return nil
    }

    /// The oldest message, for the transport.
    func takeFirst() -> Message? {
        guard let message = queue.popFirst() else { return nil }
        client.unqueued(message.bytes)
        counters.count(.delivered)
        return message
    }

    /// Forgets everything: the client has left the topic.
    func close() {
        isClosed = true
        counters.count(.discarded, queue.count)
        for message in queue { client.unqueued(message.bytes) }
        queue = []
    }
}

// MARK: - For the overflow policy

extension Lane {
    func drop(at index: Int) {
        client.unqueued(queue.remove(at: index).bytes)
        counters.count(.dropped)
    }

    func dropOldest(_ count: Int) {
        removeOldest(count)
        counters.count(.dropped, count)
    }

    /// Makes way for a message that stands for all that wait.
    func replaceAll() {
        counters.count(.replaced, queue.count)
        removeOldest(queue.count)
    }

    private func removeOldest(_ count: Int) {
        for message in queue.prefix(count) { client.unqueued(message.bytes) }
        queue.removeFirst(count)
    }

    /// Puts `message` in the place of a queued one.
    func coalesce(at index: Int, with message: Message) {
        client.unqueued(queue[index].bytes)
        client.queued(message.bytes)
        queue[index] = message
        counters.count(.coalesced)
    }

    /// Whether `message` would fit in the place of the one at `index`.
    func fits(_ message: Message, inPlaceOf index: Int) -> Bool {
        client.queuedBytes - queue[index].bytes + message.bytes <= client.settings.maxBytes
    }
}

extension Lane: OverflowQueue {
    package var count: Int { queue.count }
    package var bytes: Int { queue.reduce(0) { $0 + $1.bytes } }

    package func lastIndex(ofKey key: String?) -> Int? {
        queue.lastIndex { $0.key == key }
    }

    package func message(at index: Int) -> MessageSummary? {
        queue.indices.contains(index) ? queue[index].summary : nil
    }
}

extension Message {
    var summary: MessageSummary { MessageSummary(bytes: bytes, key: key) }
}
