import NIOCore

// AT_LEAST_ONCE: what was written stays in the lane's window until the client acknowledges it, or all retries were in vain.
extension Lane {
    /// Takes a message that is being written into the window.
    func track(_ message: Message, position: UInt64?) {
        let slot = inFlight.insert(message, position: position)
        counters.move(1, .flight)
        lastWritten = max(lastWritten, message.number)
        client.inFlight[message.shortNumber] = ClientLanes.InFlightPlace(lane: self, slot: slot)
        writer.awaitFlush(self)
    }

    /// What was written has left: from now on the client is waited for.
    func flushed(at now: NIODeadline) {
        guard let acknowledgement = settings.acknowledgement else { return }
        inFlight.flushed(at: now, acknowledgement.delay)
        if let deadline = inFlight.earliestDeadline { client.loop.wake(self, by: deadline) }
    }

    /// A message that has to be sent again, which the caller does.
    func takeDue() -> Message? {
        guard let slot = inFlight.takeDue(), let message = inFlight[slot].message else { return nil }
        let retries = inFlight[slot].retries
        counters.count(.retries)
        settings.observer?.retried(client: client.id, topic: topic, message: message.number, retries: retries)
        writer.awaitFlush(self)
        return message
    }

    /// Has overdue messages sent again, or gives them up.
    func takeOverdue(at now: NIODeadline) {
        guard let acknowledgement = settings.acknowledgement else { return }
        while let slot = inFlight.takeOverdue(at: now) {
            guard inFlight[slot].retries >= acknowledgement.maxRetries, let removed = release(slot) else { continue }
            client.inFlight[removed.message.shortNumber] = nil
            counters.count(.retryExhausted)
            lost(Gap(dropped: 1, reason: .retryExhausted), beforeMessageAt: 0)
            settings.observer?.retryExhausted(
                client: client.id,
                topic: topic,
                message: removed.message.number,
                retries: removed.retries
            )
        }
    }

    /// The client acknowledges the message in this slot, which it is no longer known to be in.
    func acknowledged(_ slot: Int) {
        guard release(slot) != nil else { return }
        counters.count(.acknowledged)
        guard !queue.isEmpty else { return }
        scheduleTurn()
        client.loop.drainLater(writer)
    }

    private func release(_ slot: Int) -> (message: Message, retries: Int)? {
        guard let removed = inFlight.remove(slot), let message = removed.message else { return nil }
        counters.move(-1, .flight)
        letGo(message, position: removed.position)
        return (message, removed.retries)
    }
}

extension ClientLanes {
    /// The client acknowledges a message on a topic, by the number in its id.
    ///
    /// What is not in flight is taken for stale if a message of that number or a later one was written, for foreign
    /// otherwise: which ones were is not remembered.
    package func acknowledge(_ number: UInt64, on lane: Lane?) -> AcknowledgementOutcome {
        loop.eventLoop.assertInEventLoop()
        guard let lane else { return .foreign }
        let index = inFlight.index(forKey: Message.shortNumber(of: number))
        if let index {
            let place = inFlight[index].value
            if place.lane === lane, lane.inFlight[place.slot].message?.number == number {
                inFlight.remove(at: index)
                lane.acknowledged(place.slot)
                return .accepted
            }
        }
        let isStale = index == nil && number <= lane.lastWritten
        lane.counters.count(isStale ? .staleAcknowledgements : .foreignAcknowledgements)
        return isStale ? .stale : .foreign
    }

    /// The client acknowledges a message by its packet's acknowledgement id: the message's short number.
    ///
    /// - Returns: false if no such message is in flight.
    package func acknowledge(shortNumber: UInt64) -> Bool {
        guard let short = UInt32(exactly: shortNumber), let place = inFlight.removeValue(forKey: short) else {
            return false
        }
        place.lane.acknowledged(place.slot)
        return true
    }
}

extension Message {
    /// A message's number as a Socket.IO acknowledgement id, below 2^31: clients count with 32 bits and a sign.
    package static func shortNumber(of number: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: number) & 0x7FFF_FFFF }

    var shortNumber: UInt32 { Self.shortNumber(of: number) }
}
