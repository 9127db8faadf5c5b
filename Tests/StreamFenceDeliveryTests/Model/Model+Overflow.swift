import StreamFencePluginKit

extension Model {
    /// - Returns: false if the newcomer has been dealt with.
    mutating func makeRoom(for sample: Sample, _ client: Int, _ topic: String) -> Bool {
        guard sample.bytes <= setup.maxBytes else { return reject("message_too_large", client, topic) }
        drain(client)
        guard let reason = limit(sample, client, topic) else { return true }
        while limit(sample, client, topic) != nil {
            let decision = decide(sample, client, topic)
            if case .reject = decision { return reject(reason, client, topic) }
            // Everything else loses what was accepted, or needs a store.
            if setup.kind.isReliable { return reject("decision_invalid", client, topic) }
            switch decision {
            case .evictOldest(let number):
                let count = min(number, lane(client, topic).queue.count)
                guard count > 0 else { return reject("decision_invalid", client, topic) }
                for _ in 0..<count { drop(0, client, topic) }
            case .evict(let index):
                guard lane(client, topic).queue.indices.contains(index) else {
                    return reject("decision_invalid", client, topic)
                }
                drop(index, client, topic)
            case .evictAll:
                guard !lane(client, topic).queue.isEmpty else { return reject("decision_invalid", client, topic) }
                clients[client].counts.replaced += lane(client, topic).queue.count
                change(client, topic) {
                    $0.lostBehind = $0.queue.flatMap(\.lostBefore) + $0.lostBehind
                    $0.queue = []
                }
            case .replace(let index):
                let queue = lane(client, topic).queue
                guard queue.indices.contains(index) else { return reject("decision_invalid", client, topic) }
                guard fits(sample, client, inPlaceOf: queue[index]) else { return reject(reason, client, topic) }
                clients[client].reasons[reason, default: 0] += 1
                clients[client].counts.coalesced += 1
                change(client, topic) { $0.queue[index].sample = sample }
                return false
            case .disconnect:
                clients[client].isDisconnecting = true
                return reject(reason, client, topic)
            case .spill, .reject:
                return reject("decision_invalid", client, topic)
            }
        }
        clients[client].reasons[reason, default: 0] += 1
        return true
    }

    /// What the policies are documented to decide.
    private func decide(_ sample: Sample, _ client: Int, _ topic: String) -> OverflowDecision {
        let queue = lane(client, topic).queue
        switch setup.kind {
        case .dropOldest:
            // As few of the oldest as make room.
            for count in 1..<(queue.count + 1) {
                var without = self
                without.change(client, topic) { $0.queue.removeFirst(count) }
                if without.limit(sample, client, topic) == nil { return .evictOldest(count: count) }
            }
            return .reject()
        case .coalesce:
            return newest(sample.key, queue).map { .replace(at: $0) } ?? .reject()
        case .snapshotOnly:
            var without = self
            without.change(client, topic) { $0.queue = [] }
            return without.limit(sample, client, topic) == nil ? .evictAll : .reject()
        case .disconnect:
            return .disconnect(reason: "slow")
        case .custom, .reliableCustom:
            return customDecision(sample.key, queue.count, spills: false)
        default:
            return .reject()
        }
    }

    private mutating func reject(_ reason: String, _ client: Int, _ topic: String) -> Bool {
        clients[client].reasons[reason, default: 0] += 1
        clients[client].counts.rejected += 1
        if setup.notifiesGaps { change(client, topic) { $0.lostBehind.append("overflow") } }
        return false
    }

    private mutating func drop(_ index: Int, _ client: Int, _ topic: String) {
        clients[client].counts.dropped += 1
        let notifies = setup.notifiesGaps
        change(client, topic) {
            let entry = $0.queue.remove(at: index)
            $0.lose(entry.lostBefore + (notifies ? ["overflow"] : []), before: index)
        }
    }
}

extension Model.Lane {
    /// Takes note of what is missing before the entry at `index`, or behind all if there is none.
    mutating func lose(_ reasons: [String], before index: Int) {
        if index < queue.count {
            queue[index].lostBefore = reasons + queue[index].lostBefore
        } else {
            lostBehind = reasons + lostBehind
        }
    }
}
