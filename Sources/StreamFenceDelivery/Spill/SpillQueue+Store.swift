import NIOCore
import StreamFencePluginKit

// What the store is asked to do, one thing at a time, and what becomes of it.
extension SpillQueue {
    /// The most that is written or read in one go: enough that a call costs little for each record, and little enough
    /// for a processor's cache. A batch exists some four times at once on its way through a loaded store.
    private static let maxBatchBytes = 1 << 18
    private static let maxBatchRecords = 4096
    /// How often reading is tried before what can't be read is given up, and how long to wait in between.
    private static let readAttempts = 4
    private static let readRetryDelay = TimeAmount.seconds(1)

    /// Has the store do what is most urgent, unless it is busy.
    func pump() {
        defer { noteBusyness() }
        guard activity == .none else { return }
        if isDropWanted {
            drop()
        } else if isReleaseDue, floor < end {
            // Before anything else, or a busy lane would fill the disk: it is one call for many records.
            release()
        } else if !(hasJustRead && !pending.isEmpty), let room = roomToRead() {
            hasJustRead = true
            read(room)
        } else if !pending.isEmpty {
            append()
        } else if floor == end, end > released {
            drop()
        }
    }

    // MARK: Append

    private func append() {
        var bytes = 0
        while let next = pending.first, writing.count < Self.maxBatchRecords,
            writing.isEmpty || bytes + next.message.bytes <= Self.maxBatchBytes
        {
            bytes += next.message.bytes
            writing.append(next)
            pending.removeFirst()
        }
        activity = .appending
        hasJustRead = false
        let written = writing
        let batch = NumberedBatch(written, from: end)
        perform { [service, name] in
            let format = SpillRecordFormat(codec: service.codec)
            try service.store.append(batch.records(format), to: name)
        } done: { [bytes] queue, result in
            queue.appended(written, bytes, result)
        }
    }

    private func appended(_ written: [Waiting], _ bytes: Int, _ result: Result<Void, any Error>) {
        writing = []
        service.budget.settlePending(bytes)
        // Discarded meanwhile: what was written is dropped, and was counted when the client left.
        guard !isDropWanted else {
            if case .success = result { end += UInt64(written.count) }
            readPosition = end
            return
        }
        switch result {
        case .success:
            end += UInt64(written.count)
            chunks.append((end, bytes))
            lane?.counters.count(.spilled, written.count)
        case .failure(let error):
            service.report(.append(messages: written.count, error), name)
            giveBack(bytes)
            lane?.spillFailed(written.count, .rejected, .spillFailed, "\(error)")
            loseBehindStore(written)
        }
    }

    /// Messages that should have stood behind everything in the store are lost: whatever comes next is told.
    private func loseBehindStore(_ lost: [Waiting]) {
        guard lane?.client.settings.gapNotice != nil else { return }
        var gap: Gap?
        for waiting in lost {
            gap.add(waiting.gap)
            gap.add(Gap(dropped: 1, reason: .overflow))
        }
        if pending.isEmpty {
            tailGap.add(gap)
        } else {
            gap.add(pending[0].gap)
            pending[0].gap = gap
        }
    }

    // MARK: Read

    /// How much the lane has room for; nil if there is nothing to read, or it should not be read now.
    private func roomToRead() -> LaneRoom? {
        guard readPosition < end, retryAt == nil, let lane, lane.wantsRefill else { return nil }
        let room = lane.room
        guard room.messages > 0 else { return nil }
        guard lane.client.mayRefill(self, from: room, needing: bytesNeeded) else { return nil }
        return LaneRoom(
            messages: min(room.messages, Self.maxBatchRecords, Int(clamping: end - readPosition)),
            bytes: min(room.bytes, max(Self.maxBatchBytes, bytesNeeded))
        )
    }

    private struct Read: Sendable {
        let position: UInt64
        /// nil if the record is none that was written here.
        let message: Message?
        let gap: Gap?
    }

    private func read(_ room: LaneRoom) {
        activity = .reading
        let position = readPosition
        perform { [service, name] in
            let format = SpillRecordFormat(codec: service.codec)
            let records = try service.store.read(
                name,
                from: position,
                maxRecords: room.messages,
                // A record is a little larger than its message: at worst one less is read.
                maxBytes: room.bytes
            )
            return records.map { record in
                let decoded = format.decode(record.bytes)
                return Read(position: record.position, message: decoded?.message, gap: decoded?.gap)
            }
        } done: { queue, result in
            guard !queue.isDropWanted else { return }
            switch result {
            case .success(let records): queue.hasRead(records)
            case .failure(let error): queue.readFailed(error)
            }
        }
    }

    private func hasRead(_ records: [Read]) {
        readFailures = 0
        bytesNeeded = 1
        var isStopped = false
        let start = readPosition
        var lost = 0
        var gap: Gap?
        for record in records where record.position >= readPosition && record.position < end {
            // What stands between is lost, and so is what can't be understood.
            lost += lose(until: record.position, &gap)
            guard let lane else { break }
            guard let message = record.message, message.bytes <= lane.settings.maxBytes else {
                lost += lose(until: record.position + 1, &gap)
                continue
            }
            // The client's other lanes may have taken the room meanwhile.
            let room = lane.room
            guard room.messages > 0, message.bytes <= room.bytes else {
                bytesNeeded = message.bytes
                isStopped = true
                break
            }
            readPosition = record.position + 1
            gap.add(record.gap)
            lane.refill(message, gap: gap, position: record.position)
            gap = nil
        }
        // Nothing that was asked for: there is nothing.
        if readPosition == start, !isStopped { lost += lose(until: end, &gap) }
        if let gap { carry(gap) }
        if lost > 0 { report(lost: lost, "expected the records as they were written") }
        lane?.refilled()
    }

    /// Gives up the records from where reading stands.
    private func lose(until position: UInt64, _ gap: inout Gap?) -> Int {
        guard position > readPosition else { return 0 }
        let count = Int(position - readPosition)
        let first = readPosition
        readPosition = position
        for lost in first..<position { markDone(lost) }
        if lane?.client.settings.gapNotice != nil { gap.add(Gap(dropped: count, reason: .overflow)) }
        return count
    }

    /// A loss is told before whatever is read next, or written next if there is nothing to read.
    private func carry(_ gap: Gap) {
        if readPosition < end {
            lane?.lostBeforeSpilled(gap)
        } else if pending.isEmpty {
            tailGap = gap.and(tailGap)
        } else {
            pending[0].gap = gap.and(pending[0].gap)
        }
    }

    private func report(lost: Int, _ detail: String) {
        service.report(.lost(messages: lost), name)
        lane?.spillFailed(lost, .dropped, .spillDamaged, detail)
    }

    private func readFailed(_ error: any Error) {
        readFailures += 1
        let willRetry = readFailures < Self.readAttempts
        service.report(.read(willRetry: willRetry, error), name)
        if willRetry {
            retry(in: Self.readRetryDelay)
        } else {
            readFailures = 0
            var gap: Gap?
            let lost = lose(until: end, &gap)
            if let gap { carry(gap) }
            report(lost: lost, "\(error)")
            lane?.refilled()
        }
    }

    // MARK: Release and drop

    private func release() {
        activity = .releasing
        let position = floor
        perform { [service, name] in
            try service.store.release(name, before: position)
        } done: { queue, result in
            // Told again with the next ones, should it have failed.
            queue.hasReleased(before: position)
            if case .failure(let error) = result { queue.service.report(.remove(error), queue.name) }
        }
    }

    private func drop() {
        activity = .dropping
        perform { [service, name] in
            try service.store.drop(name)
        } done: { queue, result in
            queue.isDropWanted = false
            switch result {
            case .success:
                queue.startOver()
            case .failure(let error):
                // What is left is an orphan, removed at the next start. New records go behind it.
                queue.service.report(.remove(error), queue.name)
                queue.abandoned()
            }
        }
    }

    // MARK: One at a time

    private func perform<Result: Sendable>(
        _ work: @escaping @Sendable () throws -> Result,
        done: @escaping @Sendable (SpillQueue, Swift.Result<Result, any Error>) -> Void
    ) {
        let queue = NIOLoopBound(self, eventLoop: loop.eventLoop)
        service.perform(on: loop.eventLoop, work) { result in
            queue.value.activity = .none
            done(queue.value, result)
            queue.value.pump()
        }
    }
}

/// Messages to be written, numbered.
private struct NumberedBatch: Sendable {
    private let waiting: [SpillQueue.Waiting]
    private let first: UInt64

    init(_ waiting: [SpillQueue.Waiting], from first: UInt64) {
        self.waiting = waiting
        self.first = first
    }

    func records(_ format: SpillRecordFormat) -> [SpillRecord] {
        waiting.enumerated().map { index, waiting in
            SpillRecord(position: first + UInt64(index), bytes: format.encode(waiting.message, gap: waiting.gap))
        }
    }
}
