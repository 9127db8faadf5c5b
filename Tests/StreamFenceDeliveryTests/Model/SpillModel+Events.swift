import StreamFencePluginKit

extension SpillModel {
    // MARK: Writing

    mutating func wrote(_ text: String, _ client: Int, at time: Int) {
        guard !text.hasPrefix("gap(") else { return toldOfGap(text, client) }
        let place = Place(client: client, topic: String(text.prefix(1)))
        guard var lane = lanes[place] else { return expect(false, "wrote \(text), whose lane is closed") }
        defer { lanes[place] = lane }
        let told = told
        self.told = nil
        if let index = lane.flight.firstIndex(where: { $0.sample.name == text }) {
            expect(told == nil, "told a gap before the retry of \(text)")
            return sendAgain(&lane, index, client, at: time)
        }
        while let head = lane.waiting.first, head.sample.name != text {
            guard isExpired(head.sample, at: time) else {
                return expect(false, "wrote \(text) before \(head.sample.name)")
            }
            expire(&lane)
        }
        guard let entry = lane.waiting.first else { return expect(false, "wrote \(text), which waits nowhere") }
        lane.waiting.removeFirst()
        lane.inMemory = max(0, lane.inMemory - 1)
        expect(!isExpired(entry.sample, at: time), "wrote \(text) though it has expired")
        if let interval = setup.minInterval, let last = lane.lastWrittenAt {
            expect(time >= last + interval, "wrote \(text) \(time - last) ms after the one before")
        }
        lane.lastWrittenAt = time
        checkGap(entry, told)
        if let acknowledgement = setup.acknowledgement {
            lane.flight.append(Flight(sample: entry.sample, deadline: deadline(client, 0, time)))
            expect(lane.flight.count <= acknowledgement.maxInFlight, "\(lane.flight.count) in flight")
        } else {
            lane.counts.delivered += 1
        }
    }

    private mutating func toldOfGap(_ text: String, _ client: Int) {
        let parts = text.dropFirst(4).dropLast().split(separator: " ")
        expect(setup.notifiesGaps, "told \(text)")
        expect(told == nil, "told two gaps in a row")
        told = (Int(parts.first ?? "") ?? -1, String(parts.last ?? ""))
    }

    /// What is missing has to be told before the message, all of it and nothing else. `?` stands for losses that were noted
    /// in records which are lost themselves: these may be told, or not.
    private mutating func checkGap(_ entry: Entry, _ told: (count: Int, reason: String)?) {
        let lost = setup.notifiesGaps ? entry.lostBefore : []
        let certain = lost.filter { $0 != "?" }
        let count = told?.count ?? 0
        expect(
            certain.count <= count && count <= lost.count,
            "told \(count) missing before \(entry.sample.name), expected \(lost)"
        )
        if let told, lost.first != "?" {
            expect(told.reason == lost.first, "told \(told.reason) before \(entry.sample.name), expected \(lost)")
        }
    }

    private mutating func sendAgain(_ lane: inout Lane, _ index: Int, _ client: Int, at time: Int) {
        var flight = lane.flight.remove(at: index)
        let name = flight.sample.name
        guard let overdue = flight.deadline else { return expect(false, "sent \(name) again before it was flushed") }
        expect(time >= overdue, "sent \(name) again \(overdue - time) ms early")
        expect(flight.retries < setup.acknowledgement?.maxRetries ?? 0, "sent \(name) again once more than allowed")
        flight.retries += 1
        flight.deadline = deadline(client, flight.retries, time)
        lane.flight.append(flight)
    }

    /// When an acknowledgement is overdue of what is written now; nil if the transport keeps it for a while.
    private func deadline(_ client: Int, _ retries: Int, _ time: Int) -> Int? {
        clients[client].hasUnsent ? nil : time + (setup.acknowledgement?.delay(retries) ?? 0)
    }

    /// The transport has let go of everything.
    mutating func flushed(_ client: Int) {
        clients[client].hasUnsent = false
        for place in places(of: client) {
            guard var lane = lanes[place] else { continue }
            for index in lane.flight.indices where lane.flight[index].deadline == nil {
                lane.flight[index].deadline = deadline(client, lane.flight[index].retries, now)
            }
            lanes[place] = lane
        }
    }

    private func expire(_ lane: inout Lane) {
        lane.counts.expired += 1
        lane.remove(at: 0, "expired")
    }

    /// Messages were found to have expired with nothing written after them.
    mutating func expired(_ number: Int, _ place: Place) {
        guard number > 0, var lane = lanes[place] else { return expect(number == 0, "\(number) have expired twice") }
        for _ in 0..<number {
            guard let head = lane.waiting.first, isExpired(head.sample, at: now) else {
                return expect(false, "one has expired that is young, or none")
            }
            expire(&lane)
        }
        lanes[place] = lane
    }

    mutating func exhausted(_ number: UInt64, _ place: Place) {
        guard var lane = lanes[place], let index = lane.flight.firstIndex(where: { $0.sample.number == number }) else {
            return expect(false, "\(number) was given up, but not in flight")
        }
        let flight = lane.flight.remove(at: index)
        expect(flight.retries == setup.acknowledgement?.maxRetries, "given up after \(flight.retries) retries")
        expect(flight.deadline ?? .max <= now, "\(flight.sample.name) was given up early")
        lane.counts.retryExhausted += 1
        lane.lose(["retry_exhausted"], before: 0)
        lanes[place] = lane
    }

    // MARK: Deciding

    /// The policy was asked, and this is what has to come of it. It may only be asked where nothing is spilled.
    mutating func decided(_ decision: OverflowDecision, queued: Int, _ sample: Sample, _ place: Place) {
        expired((lanes[place]?.waiting.count ?? 0) - queued, place)
        guard var lane = lanes[place] else { return }
        defer { lanes[place] = lane }
        expect(!lane.isSpilling, "the policy was asked though messages are spilled")
        guard !setup.kind.isReliable else { return }
        switch decision {
        case .evictOldest(let number):
            for _ in 0..<max(0, min(number, queued)) { evict(&lane, 0) }
        case .evict(let index) where lane.waiting.indices.contains(index):
            evict(&lane, index)
        case .evictAll:
            for _ in 0..<queued {
                lane.counts.replaced += 1
                lane.remove(at: 0, nil)
            }
        case .disconnect:
            clients[place.client].isDisconnecting = true
        default:
            break
        }
    }

    private func evict(_ lane: inout Lane, _ index: Int) {
        lane.counts.dropped += 1
        lane.remove(at: index, "overflow")
    }

    // MARK: The store

    mutating func appended(_ names: [String]) {
        guard let name = names.first, let place = place(holding: name), var lane = lanes[place] else { return }
        var chunk: [Sample] = []
        for index in lane.waiting.indices where names.contains(lane.waiting[index].sample.name) {
            lane.waiting[index].isStored = true
            chunk.append(lane.waiting[index].sample)
        }
        expect(chunk.map(\.name) == names, "stored \(names), expected \(chunk.map(\.name))")
        lane.chunks.append(chunk)
        lane.stored += chunk.count
        lanes[place] = lane
    }

    mutating func appendFailed(_ names: [String]) {
        for name in names {
            guard let place = place(holding: name), var lane = lanes[place],
                let index = lane.waiting.firstIndex(where: { $0.sample.name == name })
            else { continue }
            lane.counts.rejected += 1
            lane.appendsFailed += 1
            lane.remove(at: index, "overflow")
            lanes[place] = lane
        }
    }

    /// The engine gives up a message in the store.
    mutating func lost(_ name: String, _ place: Place) {
        guard var lane = lanes[place], let index = lane.waiting.firstIndex(where: { $0.sample.name == name }) else {
            return
        }
        lane.counts.dropped += 1
        lane.damaged += 1
        lane.waiting[index].lostBefore = lane.waiting[index].lostBefore.map { _ in "?" }
        lane.remove(at: index, "overflow")
        lanes[place] = lane
    }
}
