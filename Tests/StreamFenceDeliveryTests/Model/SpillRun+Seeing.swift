import StreamFencePluginKit

@testable import StreamFenceDelivery

// What the engine was seen to do is told to the model.
extension SpillRun {
    // MARK: Offering

    func offer(_ sample: Sample, _ place: Place) {
        guard let lane = bench.lane(place.client, place.topic), let before = model.lanes[place] else { return }
        let counts = Counts(lane.counters)
        let hadRoom = !before.isSpilling && model.hasRoom(sample, place)
        let wasDisconnecting = model.clients[place.client].isDisconnecting
        bench.offer([sample], place.client, place.topic)
        model.lanes[place]?.counts.offered += 1
        let events = journal.take()
        let fate = Fate(before: counts, after: Counts(lane.counters), events)
        tell("  \(fate) \(events)")
        if case .wrote(_, sample.name, _)? = events.last {
            model.expect(!before.isSpilling, "\(sample.name) went past what is spilled")
            accept(sample, place)
        }
        for event in events { tell(event, sample, place) }
        settleExpired(place)
        switch fate {
        case .accepted where events.last.map { !$0.isWriting(sample.name) } ?? true:
            accept(sample, place)
        case .accepted:
            break
        case .rejected:
            model.expect(!hadRoom, "\(sample.name) was rejected though there is room")
            model.lanes[place]?.counts.rejected += 1
            model.lanes[place]?.lostBehind.append("overflow")
            checkReason(events, sample, place)
        case .coalesced, .replacedNewest:
            model.expect(!before.isSpilling, "\(sample.name) went past what is spilled")
            replace(fate, events, sample, place)
        case .discarded:
            model.expect(wasDisconnecting, "\(sample.name) was discarded")
            model.lanes[place]?.counts.discarded += 1
        }
        model.expect(!wasDisconnecting || fate == .discarded, "\(sample.name) was accepted while disconnecting")
        see()
    }

    /// What became of a message that was offered.
    private enum Fate {
        case accepted, rejected, coalesced, replacedNewest, discarded

        init(before: Counts, after: Counts, _ events: [Journal.Event]) {
            let hasEvictedAll = events.contains { if case .decided(.evictAll, _) = $0 { true } else { false } }
            if after.rejected > before.rejected {
                self = .rejected
            } else if after.coalesced > before.coalesced {
                self = .coalesced
            } else if after.discarded > before.discarded {
                self = .discarded
            } else if after.replaced > before.replaced, !hasEvictedAll {
                self = .replacedNewest
            } else {
                self = .accepted
            }
        }
    }

    private func accept(_ sample: Sample, _ place: Place) {
        guard var lane = model.lanes[place] else { return }
        lane.waiting.append(SpillModel.Entry(sample: sample, lostBefore: lane.lostBehind))
        lane.lostBehind = []
        model.lanes[place] = lane
    }

    private func replace(_ fate: Fate, _ events: [Journal.Event], _ sample: Sample, _ place: Place) {
        guard var lane = model.lanes[place] else { return }
        var index = lane.waiting.lastIndex { $0.sample.key == sample.key }
        if fate == .replacedNewest { index = lane.waiting.indices.last }
        for case .decided(.replace(let decided), _) in events { index = decided }
        guard let index, lane.waiting.indices.contains(index) else {
            return model.expect(false, "\(sample.name) took the place of nothing")
        }
        lane.waiting[index].sample = sample
        lane.waiting[index].isStored = false
        if fate == .replacedNewest { lane.counts.replaced += 1 } else { lane.counts.coalesced += 1 }
        model.lanes[place] = lane
    }

    private func checkReason(_ events: [Journal.Event], _ sample: Sample, _ place: Place) {
        var reasons: [OverflowReason] = []
        for case .overflowed(_, _, let reason) in events { reasons.append(reason) }
        guard let reason = reasons.last, reasons.count == 1 else {
            return model.expect(false, "\(sample.name) was rejected for \(reasons)")
        }
        let spilled = model.places(of: place.client).reduce(0) { $0 + (model.lanes[$1]?.bytesInStore ?? 0) }
        let isTrue =
            switch reason {
            case .messageTooLarge: sample.bytes > setup.maxBytes
            case .spillClientQuota: spilled + sample.bytes > limits.perClient
            case .spillQuota: budget.stored + sample.bytes > limits.stored
            case .spillPending: budget.pending + sample.bytes > limits.pending
            case .spillFailed, .spillDamaged: false
            case .queueFull, .queueBytes, .serverMemory, .decisionInvalid: setup.kind.isCustom
            }
        model.expect(isTrue, "\(sample.name) was rejected for \(reason)")
    }

    // MARK: Everything else

    /// Something is done that makes the engine write, and no more.
    func observe(_ body: () -> Void) {
        body()
        see()
    }

    /// The loop runs: the engine hears of what the store has done.
    func observeTick(_ body: () -> Void) {
        body()
        let events = journal.take()
        var written: Set<String> = []
        for case .wrote(_, let text, _) in events { written.insert(text) }
        tell("  \(events)")
        var hasGivenUp: Set<Place> = []
        for event in untold { hear(event, &hasGivenUp) }
        untold = []
        for place in model.lanes.keys { seeLosses(place, written, hasGivenUp.contains(place)) }
        for event in events { tell(event, nil, nil) }
        for place in model.lanes.keys { settleExpired(place) }
        see()
        if executor.count == 0 { hasOrphans = false }
    }

    private func hear(_ event: MemorySpillStore.Event, _ hasGivenUp: inout Set<Place>) {
        switch event {
        case .appended(_, let names):
            model.appended(names)
        case .appendFailed(_, let names):
            model.appendFailed(names)
        case .read(let lane, _):
            model.lanes[place(of: lane)]?.readFailures = 0
        case .readFailed(let lane):
            let place = place(of: lane)
            model.lanes[place]?.readFailures += 1
            if model.lanes[place]?.readFailures == 4 {
                model.lanes[place]?.readFailures = 0
                hasGivenUp.insert(place)
            }
        case .released(_, let names), .releaseFailed(_, let names), .dropped(_, let names), .dropFailed(_, let names):
            // Names are given once, so those of a lane that was closed meanwhile are nobody's.
            for place in model.lanes.keys { model.lanes[place]?.forget(names) }
        }
    }

    /// The client that has this id now, or had it before: then nothing is known of its lane any more.
    private func place(of lane: SpillLane) -> Place {
        let client = bench.clients.firstIndex { $0.lanes.id == lane.clientID }
        return Place(client: client ?? -1, topic: lane.topic)
    }

    /// Finds out which messages in the store the engine has given up, and whether it had a reason.
    private func seeLosses(_ place: Place, _ written: Set<String>, _ hasGivenUp: Bool) {
        guard let lane = bench.lane(place.client, place.topic), let known = model.lanes[place] else { return }
        let number = lane.counters[.dropped] - known.counts.dropped
        guard number > 0 else { return }
        let unread = known.waiting.dropFirst(known.inMemory).filter(\.isStored).map(\.sample.name)
        let pending = known.waiting.dropFirst(known.inMemory).filter { !$0.isStored }.count
        let left = (lane.spill?.count ?? 0) - pending
        let names = lane.names
        // What is neither there nor written has expired, or it is lost.
        let gone = unread.prefix(max(0, unread.count - left)).filter { !names.contains($0) && !written.contains($0) }
        let lost = hasGivenUp ? gone : gone.filter { store.spoiled.contains($0) }
        model.expect(lost.count == number, "\(number) were given up, but \(lost) can't be read")
        for name in lost { model.lost(name, place) }
    }

    private func settleExpired(_ place: Place) {
        guard let lane = bench.lane(place.client, place.topic), let known = model.lanes[place] else { return }
        model.expired(lane.counters[.expired] - known.counts.expired, place)
    }

    /// Tells the model what is in the journal, and looks where messages are now.
    private func see() {
        let events = journal.take()
        if !events.isEmpty { tell("  \(events)") }
        for event in events { tell(event, nil, nil) }
        for place in model.lanes.keys {
            settleExpired(place)
            guard let found = bench.lane(place.client, place.topic), var lane = model.lanes[place] else { continue }
            lane.inMemory = min(found.queue.count, lane.waiting.count)
            model.lanes[place] = lane
        }
    }

    private func tell(_ event: Journal.Event, _ sample: Sample?, _ place: Place?) {
        switch event {
        case .wrote(let client, let text, let at):
            model.expect(!store.spoiled.contains(text), "wrote \(text), which is spoiled")
            model.wrote(text, client, at: at)
        case .decided(let decision, let queued):
            guard let sample, let place else { return model.expect(false, "asked the policy about nothing") }
            model.decided(decision, queued: queued, sample, place)
        case .exhausted(let client, let topic, let number, _):
            let client = bench.clients.firstIndex { $0.lanes.id == client }
            model.exhausted(number, Place(client: client ?? -1, topic: topic))
        case .overflowed, .retried:
            break
        }
    }
}

extension Journal.Event {
    fileprivate func isWriting(_ name: String) -> Bool {
        if case .wrote(_, name, _) = self { true } else { false }
    }
}
