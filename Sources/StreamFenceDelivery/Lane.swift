import NIOCore
import StreamFencePluginKit

/// One client's queue for one topic: first in, first out, bounded.
///
/// 1. Accepts a message while its limits have room.
/// 2. Otherwise lets the transport take what it can, and only then asks the overflow policy (`+Overflow.swift`).
/// 3. Keeps what overflows to the spill store in its order (`+Spill.swift`).
/// 4. Gives its oldest message to the connection's writer when its turn comes (`+Writing.swift`).
/// 5. Has AT_LEAST_ONCE messages sent again until they are acknowledged (`+Acknowledgement.swift`).
///
/// Owned by the connection's event loop.
package final class Lane {
    package let topic: String
    let client: ClientLanes
    let counters: LaneCounters
    // Not checked for overlapping access, which every look at it would pay for: no code but its own runs while it is changed.
    @exclusivity(unchecked) var queue = LaneQueue()
    var inFlight = InFlightWindow()
    /// Whether the policy has asked for the newest message of a newcomer's key: then it is told before it asks.
    var policyAsksForNewest = false
    /// The rest of the queue, where the namespace spills.
    var spill: SpillQueue?
    /// What was lost behind everything in memory, and before what is in the spill store (`+Losses.swift`).
    var tailGap: Gap?
    /// The highest number of a message that was written, so that a late acknowledgement is told from a wrong one.
    var lastWritten: UInt64 = 0
    /// `minIntervalMs`: no message before.
    var nextTurn = NIODeadline.uptimeNanoseconds(0)
    /// Whether the writer has this lane among those with something to send.
    var isScheduled = false
    /// Whether the writer has this lane among those with something written and not flushed.
    var isAwaitingFlush = false
    /// Where the lane stands in its topic's list of subscribers; kept by whoever keeps the list.
    package var position = 0
    /// Where the lane stands among those that wait to be woken; -1 if it does not.
    var heapIndex = -1
    private(set) var isClosed = false

    init(topic: String, client: ClientLanes, counters: LaneCounters) {
        self.topic = topic
        self.client = client
        self.counters = counters
    }

    var settings: LaneSettings { client.settings }

    /// The connection's writer.
    package var writer: ConnectionWriter { client.writer }

    /// How many messages the lane holds in memory, those in flight included.
    var held: Int { queue.count + inFlight.count }

    /// Whether messages wait in the spill store: then nothing goes past them.
    var isSpilling: Bool { spill?.isEmpty == false }

    // MARK: Offering

    /// Offers messages in order; each is accepted, or handled as the overflow policy decides.
    ///
    /// Nothing is sent before the writer is asked to drain, unless room has to be made. Where nothing waits and the
    /// transport has room for them all, the messages are written without being queued first.
    package func offer(_ batch: MessageBatch) {
        client.loop.eventLoop.assertInEventLoop()
        counters.countOffered(batch.messages.count)
        if pass(batch) { return }
        for message in batch.messages {
            if isClosed || client.isDisconnecting {
                // The client left, or was made to, while these were offered to it.
                counters.count(.discarded)
            } else {
                offer(message)
            }
        }
    }

    private func offer(_ message: Message) {
        if isSpilling {
            spill(message, for: .queueFull)
        } else if settings.minInterval != nil, replaceNewest(with: message) {
            return
        } else if settings.coalesces, coalesce(message) {
            return
        } else if overflowCause(for: message) == nil || makeRoom(for: message) {
            append(message)
        }
    }

    private func append(_ message: Message) {
        queue.append(LaneQueue.Entry(message: message, gap: takeLossBeforeNewcomer()))
        hold(message)
        scheduleTurn()
    }

    func hold(_ message: Message) {
        client.queued(message.bytes)
        counters.move(1, .memory)
        writer.held += 1
    }

    /// The message has reached its outcome.
    func letGo(_ message: Message, position: UInt64?) {
        client.unqueued(message.bytes)
        counters.move(-1, .memory)
        writer.held -= 1
        spill?.left(position)
    }

    /// Has the writer come by, if there is something for it.
    func scheduleTurn() {
        switch turn {
        case .now: writer.schedule(self)
        case .at(let time): client.loop.wake(self, by: time)
        case .none: break
        }
    }

    // MARK: Limits

    /// The limit that has no room for `message`; nil if it fits.
    func overflowCause(for message: Message) -> OverflowCause? {
        if held >= settings.maxMessages { return .messages }
        if client.queuedBytes + message.bytes > settings.maxBytes { return .bytes }
        if settings.memory.excess(queued: client.queuedBytes, adding: message.bytes) > 0 { return .memory }
        return nil
    }

    // MARK: The end

    /// Forgets everything: the client has left the topic.
    func close() {
        isClosed = true
        let queued = queue.removeAll()
        let written = inFlight.removeAll()
        for entry in queued { client.unqueued(entry.message.bytes) }
        for message in written {
            client.unqueued(message.bytes)
            client.inFlight[message.shortNumber] = nil
        }
        let spilled = spill?.discard() ?? 0
        writer.held -= queued.count + written.count + spilled
        counters.move(-queued.count - written.count, .memory)
        counters.move(-written.count, .flight)
        counters.move(-spilled, .store)
        counters.count(.discarded, queued.count + written.count + spilled)
        spill = nil
    }
}

@available(*, unavailable)
extension Lane: Sendable {}
