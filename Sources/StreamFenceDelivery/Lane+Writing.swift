import NIOCore

// A lane's turn: what it gives to the connection's writer, and when.
extension Lane {
    /// When the lane has something for the writer.
    enum Turn {
        case now
        /// `minIntervalMs` has not passed yet.
        case at(NIODeadline)
        case none
    }

    var turn: Turn {
        if inFlight.hasDue { return .now }
        guard !queue.isEmpty, hasWindow else { return .none }
        guard settings.minInterval != nil, nextTurn > client.loop.now else { return .now }
        return .at(nextTurn)
    }

    /// Whether another message may await its acknowledgement.
    private var hasWindow: Bool {
        guard let acknowledgement = settings.acknowledgement else { return true }
        return inFlight.count < acknowledgement.maxInFlight
    }

    struct Written {
        let message: Message
        /// To be told before the message.
        let gap: Gap?
    }

    /// The message whose turn it is: one that has to be sent again, else the oldest that is not too old.
    func takeNext() -> Written? {
        if let message = takeDue() { return Written(message: message, gap: nil) }
        guard hasWindow else { return nil }
        var expired: Gap?
        while let entry = queue.popFirst() {
            var gap = expired
            gap.add(entry.gap)
            guard !entry.message.isExpired(settings.timeToLive, client.loop) else {
                counters.count(.expired)
                letGo(entry.message, position: entry.position)
                if settings.gapNotice != nil { gap.add(Gap(dropped: 1, reason: .expired)) }
                expired = gap
                continue
            }
            wrote(entry)
            return Written(message: entry.message, gap: gap)
        }
        // All too old: told before whatever comes next.
        if let expired { addGapAtFront(expired) }
        return nil
    }

    private func wrote(_ entry: LaneQueue.Entry) {
        if settings.acknowledgement != nil {
            track(entry.message, position: entry.position)
        } else {
            counters.count(.delivered)
            letGo(entry.message, position: entry.position)
        }
        if let minInterval = settings.minInterval { nextTurn = client.loop.now + minInterval }
    }

    /// Writes a batch that nothing has to wait for.
    ///
    /// - Returns: whether it did; if not, the messages have to be offered one by one.
    func pass(_ batch: MessageBatch) -> Bool {
        guard queue.isEmpty, !isClosed, !client.isDisconnecting, !isSpilling, !owesGap, settings.minInterval == nil,
            batch.largest <= settings.maxBytes,
            // Retained messages may be old; the first is the oldest.
            !batch.messages[0].isExpired(settings.timeToLive, client.loop)
        else { return false }
        guard let acknowledgement = settings.acknowledgement else {
            guard writer.pass(batch) else { return false }
            counters.count(.delivered, batch.messages.count)
            return true
        }
        guard inFlight.count + batch.messages.count <= acknowledgement.maxInFlight,
            client.queuedBytes + batch.bytes <= settings.maxBytes,
            settings.memory.excess(queued: client.queuedBytes, adding: batch.bytes) == 0,
            writer.pass(batch)
        else { return false }
        guard !isClosed else {
            // Writing has told that the connection has ended.
            counters.count(.discarded, batch.messages.count)
            return true
        }
        for message in batch.messages {
            hold(message)
            track(message, position: nil)
        }
        return true
    }

    /// The time has come that the lane asked to be woken at, or one before it.
    func woken(at now: NIODeadline) {
        takeOverdue(at: now)
        spill?.woken(at: now)
        scheduleTurn()
        if let deadline = inFlight.earliestDeadline { client.loop.wake(self, by: deadline) }
        if let retry = spill?.retryAt { client.loop.wake(self, by: retry) }
        writer.drain()
    }
}

extension Message {
    /// Whether the message is older than it may be. Asks for the time only where there is such a limit.
    fileprivate func isExpired(_ timeToLive: TimeAmount?, _ loop: DeliveryLoop) -> Bool {
        guard let timeToLive else { return false }
        return publishedAt + timeToLive < loop.now
    }
}
