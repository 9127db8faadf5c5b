@testable import StreamFenceDelivery

// What has to be true after every step, and at the end.
extension SpillRun {
    func check() {
        for client in bench.clients.indices { check(client) }
        let (memory, expected) = (bench.memory.held, model.memory)
        model.expect(memory == expected, "expected \(expected) bytes in memory, found \(memory)")
        // While memory is short each lane still gets on with one message from the store.
        let extra = model.lanes.count * setup.maxBytes
        model.expect(memory <= setup.memory + extra, "\(memory) bytes in memory, the limit is \(setup.memory)")
        let stored = model.lanes.values.reduce(0) { $0 + $1.bytesInStore }
        model.expect(budget.stored == stored, "expected \(stored) bytes stored, found \(budget.stored)")
        let pending = model.lanes.values.reduce(0) { $0 + $1.bytesPending }
        let isRight = hasOrphans ? budget.pending >= pending : budget.pending == pending
        model.expect(isRight, "expected \(pending) bytes pending, found \(budget.pending)")
        model.expect(stored <= limits.stored, "\(stored) bytes stored, the limit is \(limits.stored)")
        model.expect(
            budget.pending <= limits.pending,
            "\(budget.pending) bytes pending, the limit is \(limits.pending)"
        )
        model.expect(store.violations.isEmpty, "the store: \(store.violations)")
    }

    private func check(_ client: Int) {
        let found = bench.clients[client]
        var held = 0
        var spilled = 0
        for place in model.places(of: client) {
            guard let lane = model.lanes[place] else { continue }
            check(lane, place)
            held += lane.waiting.count + lane.flight.count
            spilled += lane.bytesInStore
        }
        model.expect(found.writer.held == held, "expected \(held) messages held, found \(found.writer.held)")
        let bytes = model.bytes(of: client)
        model.expect(found.lanes.queuedBytes == bytes, "expected \(bytes) bytes, found \(found.lanes.queuedBytes)")
        model.expect(bytes <= setup.maxBytes, "\(bytes) bytes, the limit is \(setup.maxBytes)")
        let isRight = found.lanes.spilledBytes == spilled
        model.expect(isRight, "expected \(spilled) bytes spilled, found \(found.lanes.spilledBytes)")
        model.expect(spilled <= limits.perClient, "\(spilled) bytes spilled, the limit is \(limits.perClient)")
        let isDisconnected = !found.transport.disconnects.isEmpty
        model.expect(isDisconnected == model.clients[client].isDisconnecting, "disconnected: \(isDisconnected)")
    }

    private func check(_ lane: SpillModel.Lane, _ place: Place) {
        guard let found = bench.lane(place.client, place.topic) else {
            return model.expect(false, "\(place.topic) is closed")
        }
        let names = found.names
        let expected = lane.waiting.map(\.sample.name)
        model.expect(names == Array(expected.prefix(names.count)), "expected \(expected) in order, found \(names)")
        let count = names.count + (found.spill?.count ?? 0)
        model.expect(count == expected.count, "expected \(expected) to wait, found \(count)")
        let flight = lane.flight.map(\.sample.name).sorted()
        let foundFlight = found.flightNames.sorted()
        model.expect(flight == foundFlight, "expected \(flight) in flight, found \(foundFlight)")
        let held = names.count + flight.count
        model.expect(held <= setup.maxMessages, "\(held) messages, the limit is \(setup.maxMessages)")
        let counts = Counts(found.counters)
        model.expect(counts == lane.counts, "expected \(lane.counts), found \(counts)")
        let places = LaneCounters.Place.allCases.map { found.counters[$0] }
        let expectedPlaces = [held, flight.count, found.spill?.count ?? 0]
        model.expect(
            places == expectedPlaces,
            "expected \(expectedPlaces) in memory, flight and store, found \(places)"
        )
        let isAddedUp = counts.offered == counts.ended + expected.count + flight.count
        model.expect(isAddedUp, "\(counts) don't add up")
        let spilled = found.counters[.spilled]
        model.expect(spilled == lane.stored, "expected \(lane.stored) counted as spilled, found \(spilled)")
        let failed = found.counters[.spillFailed]
        model.expect(failed == lane.appendsFailed, "expected \(lane.appendsFailed) counted as failed, found \(failed)")
        let damaged = found.counters[.spillDamaged]
        model.expect(damaged == lane.damaged, "expected \(lane.damaged) counted as damaged, found \(damaged)")
        checkIsMoving(lane, place)
    }

    /// Nothing waits in memory that could be written.
    private func checkIsMoving(_ lane: SpillModel.Lane, _ place: Place) {
        guard bench.clients[place.client].transport.room > 0 else { return }
        let hasWindow = lane.flight.count < setup.acknowledgement?.maxInFlight ?? .max
        let isTime = setup.minInterval.map { (lane.lastWrittenAt ?? -$0) + $0 <= model.now } ?? true
        model.expect(
            !hasWindow || !isTime || lane.inMemory == 0,
            "\(place.topic) waits though its client takes everything"
        )
        for flight in lane.flight {
            model.expect(flight.deadline ?? .max > model.now, "\(flight.sample.name) is not sent again")
        }
    }

    // MARK: The end

    /// Everything works, and every client takes and acknowledges everything: nothing may be left. Then all leave, and
    /// nothing may be left of them.
    func settle() {
        tell("the end")
        for client in bench.clients.indices { writable(client, 100_000) }
        for _ in 0..<200 {
            for place in Array(model.lanes.keys) {
                for flight in model.lanes[place]?.flight ?? [] { acknowledge(flight.sample, place.client) }
            }
            let hasWork = executor.count > 0
            while executor.count > 0 { work(MemorySpillStore.Faults()) }
            tickEnds()
            if model.fault != nil || !hasWork && bench.clients.allSatisfy({ $0.writer.held == 0 }) { break }
            if !hasWork { pass(500) }
        }
        check()
        for client in bench.clients {
            model.expect(client.writer.held == 0, "\(client.writer.held) messages are stuck")
        }
        for client in bench.clients.indices { leave(client) }
        while executor.count > 0, model.fault == nil {
            work(MemorySpillStore.Faults())
            tickEnds()
        }
        check()
        let isEmpty = store.texts.isEmpty || store.hasFailedToForget
        model.expect(isEmpty, "the store still has \(store.texts)")
        var isIdle = false
        service.whenIdle(on: bench.loop).assumeIsolated().whenSuccess { isIdle = true }
        model.expect(isIdle, "the service still waits for the store")
    }
}
