import StreamFencePluginKit

// The lane's way into its spill store and out of it. What is in there is the rest of the queue: it stands behind everything
// in memory, and before everything that comes new.
extension Lane {
    /// Has a message wait in the spill store, behind whatever is there; or rejects it where the store has no room either.
    ///
    /// - Parameter reason: why there is no room in memory.
    func spill(_ message: Message, for reason: OverflowReason) {
        guard let spill else {
            return reject(.decisionInvalid, detail: "expected a namespace with a spill store")
        }
        guard message.bytes <= settings.maxBytes else { return reject(.messageTooLarge) }
        let gap = spill.isEmpty ? takeLossBeforeNewcomer() : nil
        if let reason = spill.append(message, gap: gap, client: client) {
            if let gap { lostBeforeSpilled(gap) }
            return reject(reason)
        }
        counters.move(1, .store)
        writer.held += 1
        note(reason)
    }

    /// Messages that were meant for the store, or in it, are lost.
    func spillFailed(_ number: Int, _ outcome: LaneCounters.Outcome, _ reason: OverflowReason, _ detail: String) {
        counters.count(outcome, number)
        counters.count(reason, number)
        counters.move(-number, .store)
        writer.held -= number
        settings.observer?.overflowed(
            client: client.id,
            topic: topic,
            reason: reason,
            messages: number,
            detail: detail
        )
    }

    // MARK: Back into memory

    /// Whether it is worth reading from the store: in batches, and before the queue runs dry.
    var wantsRefill: Bool { !isClosed && queue.count <= settings.maxMessages / 2 }

    /// What the lane has room for in memory.
    var room: LaneRoom {
        var bytes = settings.maxBytes - client.queuedBytes
        // While the server is short of memory each lane gets on with one message at a time: nothing else would wake it.
        if held > 0 { bytes -= settings.memory.excess(queued: client.queuedBytes, adding: max(0, bytes)) }
        return LaneRoom(messages: settings.maxMessages - held, bytes: max(0, bytes))
    }

    /// A message is back from the store; there is room for it.
    func refill(_ message: Message, gap: Gap?, position: UInt64) {
        var gapBefore = takeLossBeforeSpilled()
        gapBefore.add(gap)
        queue.append(LaneQueue.Entry(message: message, gap: gapBefore, position: position))
        client.queued(message.bytes)
        counters.move(-1, .store)
        counters.move(1, .memory)
    }

    /// All that was read is back.
    func refilled() {
        scheduleTurn()
        writer.drain()
    }
}
