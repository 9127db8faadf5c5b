import StreamFencePluginKit

extension Lane {
    /// Makes room for a message that has none, as the namespace's policy decides.
    ///
    /// A burst that arrives within one tick is no overflow as long as the transport keeps up: so the transport is offered
    /// what is queued first. The policy only decides, this executes; a decision that makes no room is a rejection.
    ///
    /// - Returns: whether the message is to be appended; if not, it has been counted.
    func makeRoom(for message: Message) -> Bool {
        guard message.bytes <= client.settings.maxBytes else { return reject() }
        writer.drain()
        // Writing may tell that the connection has ended, which closes its lanes.
        guard !isClosed else {
            counters.count(.discarded)
            return false
        }
        while let cause = overflowCause(for: message) {
            switch decide(cause, message) {
            case .evictOldest(let number):
                guard number >= 1, count > 0 else { return reject() }
                dropOldest(min(number, count))
            case .evict(let index):
                guard (0..<count).contains(index) else { return reject() }
                drop(at: index)
            case .evictAll:
                guard count > 0 else { return reject() }
                replaceAll()
            case .replace(let index):
                guard (0..<count).contains(index), fits(message, inPlaceOf: index) else { return reject() }
                coalesce(at: index, with: message)
                return false
            case .reject, .spill:
                return reject()
            case .disconnect(let reason):
                _ = reject()
                writer.disconnect(reason: reason)
                return false
            }
        }
        return true
    }

    private func reject() -> Bool {
        counters.count(.rejected)
        return false
    }

    private func decide(_ cause: OverflowCause, _ message: Message) -> OverflowDecision {
        client.settings.policy.decide(
            Overflow(
                cause: cause,
                namespace: client.settings.namespace,
                topic: topic,
                maxMessages: client.settings.maxMessages,
                maxBytes: client.settings.maxBytes,
                queuedBytes: client.queuedBytes,
                newcomer: message.summary,
                queue: self
            )
        )
    }
}
