import StreamFencePluginKit

extension Lane {
    /// Makes room for a message that has none, as the namespace's policy decides.
    ///
    /// A burst that arrives within one tick is no overflow as long as the transport keeps up: so the transport is offered
    /// what is queued first. The policy only decides, this executes; a decision that makes no room is a rejection.
    ///
    /// - Returns: whether the message is to be appended; if not, it has been dealt with and counted.
    func makeRoom(for message: Message) -> Bool {
        guard message.bytes <= settings.maxBytes else {
            reject(.messageTooLarge)
            return false
        }
        writer.drain()
        // Writing may tell that the connection has ended, which closes its lanes.
        guard !isClosed else {
            counters.count(.discarded)
            return false
        }
        guard let cause = overflowCause(for: message) else { return true }
        return makeRoom(for: message, cause)
    }

    private func makeRoom(for message: Message, _ first: OverflowCause) -> Bool {
        var cause = first
        while true {
            let decision = decide(cause, message)
            if decision.losesMessages, settings.acknowledgement != nil {
                reject(
                    .decisionInvalid,
                    detail: "AT_LEAST_ONCE expects a decision that loses nothing, found \(decision)"
                )
                return false
            }
            switch decision {
            case .evictOldest(let number):
                guard number >= 1, !queue.isEmpty else { return refuse(cause) }
                for _ in 0..<min(number, queue.count) { drop(at: 0) }
            case .evict(let index):
                guard queue.indices.contains(index) else { return refuse(cause) }
                drop(at: index)
            case .evictAll:
                guard !queue.isEmpty else { return refuse(cause) }
                replaceAll()
            case .replace(let index):
                guard queue.indices.contains(index) else { return refuse(cause) }
                guard fits(message, inPlaceOf: index) else {
                    reject(OverflowReason(first))
                    return false
                }
                note(OverflowReason(first))
                replace(at: index, with: message, .coalesced)
                return false
            case .reject(let detail):
                reject(OverflowReason(first), detail: detail)
                return false
            case .spill:
                spill(message, for: OverflowReason(first))
                return false
            case .disconnect(let reason):
                reject(OverflowReason(first), detail: reason)
                client.disconnect(reason: reason)
                return false
            }
            guard let next = overflowCause(for: message) else {
                note(OverflowReason(first))
                return true
            }
            cause = next
        }
    }

    /// Takes note that a message found no room.
    func note(_ reason: OverflowReason, detail: String? = nil) {
        counters.count(reason)
        settings.observer?.overflowed(client: client.id, topic: topic, reason: reason, messages: 1, detail: detail)
    }

    /// Turns a message away.
    func reject(_ reason: OverflowReason, detail: String? = nil) {
        note(reason, detail: detail)
        counters.count(.rejected)
        lostNewcomer()
    }

    /// Turns a message away for a decision that makes no room.
    private func refuse(_ cause: OverflowCause) -> Bool {
        reject(.decisionInvalid, detail: "expected a decision that makes room, \(cause.rawValue)")
        return false
    }

    private func decide(_ cause: OverflowCause, _ message: Message) -> OverflowDecision {
        let excess = settings.memory.excess(queued: client.queuedBytes, adding: message.bytes)
        let maxBytes = excess > 0 ? client.queuedBytes + message.bytes - excess : settings.maxBytes
        // The policy's view of them does not hold on to either.
        return withExtendedLifetime((self, message)) {
            Overflow.with(
                cause: cause,
                maxMessages: settings.maxMessages,
                // Two loops may have taken the last bytes at once: then there is less than nothing.
                maxBytes: max(0, min(settings.maxBytes, maxBytes)),
                queuedBytes: client.queuedBytes,
                count: queue.count,
                bytes: queue.bytes,
                newcomerBytes: message.bytes,
                asksForNewest: policyAsksForNewest,
                lane: OverflowingLane(self, newcomer: message)
            ) { settings.decide($0) }
        }
    }

    // MARK: What the decisions do

    private func drop(at index: Int) {
        let entry = index == 0 ? queue.popFirst() : queue.remove(at: index)
        guard let entry else { return }
        counters.count(.dropped)
        letGo(entry.message, position: entry.position)
        var gap = entry.gap
        gap.add(Gap(dropped: 1, reason: .overflow))
        lost(gap, beforeMessageAt: index)
    }

    /// Makes way for a message that stands for all that wait. What was lost before them is still to be told.
    func replaceAll() {
        guard !queue.isEmpty else { return }
        let entries = queue.removeAll()
        counters.count(.replaced, entries.count)
        var gap: Gap?
        for entry in entries {
            gap.add(entry.gap)
            letGo(entry.message, position: entry.position)
        }
        lost(gap, beforeMessageAt: 0)
    }

    /// Puts `message` in the place of the newest waiting one of its key, if there is one and the place is large enough.
    func coalesce(_ message: Message) -> Bool {
        guard let index = queue.lastIndex(ofKey: message.key), fits(message, inPlaceOf: index) else { return false }
        replace(at: index, with: message, .coalesced)
        return true
    }

    /// Puts `message` in the place of the one that waits for the lane's next time, if there is one.
    func replaceNewest(with message: Message) -> Bool {
        let index = queue.count - 1
        guard index >= 0, fits(message, inPlaceOf: index) else { return false }
        replace(at: index, with: message, .replaced)
        return true
    }

    private func replace(at index: Int, with message: Message, _ outcome: LaneCounters.Outcome) {
        let entry = queue[index]
        client.queued(message.bytes)
        client.unqueued(entry.message.bytes)
        queue.replace(at: index, with: message)
        counters.count(outcome)
        spill?.left(entry.position)
    }

    private func fits(_ message: Message, inPlaceOf index: Int) -> Bool {
        let growth = message.bytes - queue[index].message.bytes
        guard growth > 0 else { return true }
        return client.queuedBytes + growth <= settings.maxBytes
            && settings.memory.excess(queued: client.queuedBytes, adding: growth) == 0
    }
}

extension OverflowDecision {
    /// Whether a message that was accepted would be lost by it, which AT_LEAST_ONCE rules out.
    fileprivate var losesMessages: Bool {
        switch self {
        case .evictOldest, .evict, .evictAll, .replace, .disconnect: return true
        case .reject, .spill: return false
        }
    }
}
