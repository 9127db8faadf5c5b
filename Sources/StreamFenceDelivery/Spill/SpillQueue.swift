import DequeModule
import NIOCore
import StreamFencePluginKit

/// The part of a lane that waits in a spill store, and the lane's way to and from it.
///
/// 1. Takes what has no room in memory, within the quotas, and writes it in batches.
/// 2. Reads it back in order as the lane gets room, and tells what was lost.
/// 3. Releases what has reached its outcome, and drops the whole when nothing is left or the client has gone.
/// 4. Has the store do one thing at a time, so that nothing overtakes (`+Store.swift`).
///
/// It stays with its client and topic until the store is rid of the lane, so that one that is opened again finds it clean.
/// Owned by the connection's event loop.
final class SpillQueue {
    let service: SpillService
    let name: SpillLane
    let loop: DeliveryLoop
    /// Whose messages these are; nil once that lane is closed.
    weak var lane: Lane?

    /// One message on its way into the store.
    struct Waiting: Sendable {
        let message: Message
        /// What was lost before it.
        var gap: Gap?
    }

    /// Waits to be written.
    var pending: Deque<Waiting> = []
    /// Is being written.
    var writing: [Waiting] = []
    /// Reading and writing take turns where both are wanted.
    var hasJustRead = false
    /// What was lost behind everything that is here.
    var tailGap: Gap?
    /// What was written together: where it ends, and its size in encoded bytes.
    var chunks: Deque<(end: UInt64, bytes: Int)> = []
    /// How many of ``chunks`` have reached their outcome as a whole and are not released, and their size.
    private var finished = (chunks: 0, bytes: 0)
    /// The position the next record gets that is written.
    var end: UInt64 = 0
    /// The next record to be read.
    var readPosition: UInt64 = 0
    /// Every record before it has reached its outcome, and is released or about to be.
    private(set) var floor: UInt64 = 0
    /// Which records from ``floor`` on have reached their outcome.
    private var done: Deque<Bool> = []
    /// The store was told to forget everything before it.
    var released: UInt64 = 0
    /// The store may hold something of this lane that nobody wants any more.
    var isDropWanted = false
    /// What the store is doing.
    var activity = Activity.none
    /// How often reading has failed since it last succeeded.
    var readFailures = 0
    /// When to try again.
    private(set) var retryAt: NIODeadline?
    /// How many bytes the next record needs, where it was found to need more than there was room for.
    var bytesNeeded = 1
    /// Whether the lane's client has it among those that wait for room; kept by the client.
    var isStarved = false
    /// Whether the service counts this queue among those with something in the store.
    private var isBusy = false

    enum Activity {
        case none, appending, reading, releasing, dropping
    }

    init(service: SpillService, name: SpillLane, loop: DeliveryLoop) {
        self.service = service
        self.name = name
        self.loop = loop
    }

    /// How many messages are here and not in the lane's memory.
    var count: Int { pending.count + writing.count + Int(end - readPosition) }

    /// Whether the lane has anything here: then what comes new goes behind it.
    var isEmpty: Bool { count == 0 }

    /// Whether the store is rid of this lane, or would not be rid of it, and nothing is under way.
    var isClean: Bool { isEmpty && activity == .none && !isDropWanted && floor == end && (end == 0 || released == end) }

    // MARK: For the lane

    /// Takes a message behind all others.
    ///
    /// - Returns: the limit that has no room for it, if so.
    func append(_ message: Message, gap: Gap?, client: ClientLanes) -> OverflowReason? {
        guard client.spilledBytes + message.bytes <= service.maxBytesPerClient else { return .spillClientQuota }
        if let reason = service.budget.take(message.bytes) { return reason }
        client.spilled(message.bytes)
        var gapBefore = tailGap
        tailGap = nil
        gapBefore.add(gap)
        pending.append(Waiting(message: message, gap: gapBefore))
        pump()
        return nil
    }

    /// A message has left the lane's memory, so that there may be room for what is here.
    ///
    /// - Parameter position: where it stands in the store, if it was read from there: it has reached its outcome.
    func left(_ position: UInt64?) {
        if let position { markDone(position) } else if isEmpty { return }
        pump()
    }

    func markDone(_ position: UInt64) {
        // A lane that was dropped meanwhile knows nothing of its old positions.
        guard position >= floor, position < end else { return }
        let index = Int(position - floor)
        while done.count <= index { done.append(false) }
        done[index] = true
        while done.first == true {
            done.removeFirst()
            floor += 1
        }
        noteFinishedChunks()
    }

    private func noteFinishedChunks() {
        while finished.chunks < chunks.count, chunks[finished.chunks].end <= floor {
            finished.bytes += chunks[finished.chunks].bytes
            finished.chunks += 1
        }
    }

    /// Whether so much has reached its outcome that the store had better be told: in batches, and before the quotas pinch.
    var isReleaseDue: Bool {
        floor - released >= Self.releaseRecords
            || finished.bytes >= max(1, min(Self.releaseBytes, service.maxBytesPerClient / 8))
    }

    /// How many records, or bytes, are released in one go unless there are no others.
    private static let releaseRecords: UInt64 = 4096
    private static let releaseBytes = 1 << 20

    /// The store was told to forget everything before `position`.
    func hasReleased(before position: UInt64) {
        released = position
        while let chunk = chunks.first, chunk.end <= position {
            chunks.removeFirst()
            finished.chunks -= 1
            finished.bytes -= chunk.bytes
            giveBack(chunk.bytes)
        }
    }

    /// These bytes are in the store no more, nor wait for it.
    func giveBack(_ bytes: Int) {
        service.budget.giveBackStored(bytes)
        lane?.client.unspilled(bytes)
    }

    /// The client has left the topic: everything is forgotten.
    ///
    /// - Returns: how many messages that were.
    func discard() -> Int {
        let count = count
        let waiting = pending.reduce(0) { $0 + $1.message.bytes }
        // What is being written is settled when the store has answered.
        service.budget.settlePending(waiting)
        giveBack(waiting + writing.reduce(0) { $0 + $1.message.bytes } + chunks.reduce(0) { $0 + $1.bytes })
        pending = []
        writing = []
        tailGap = nil
        chunks = []
        finished = (0, 0)
        done = []
        retryAt = nil
        readFailures = 0
        bytesNeeded = 1
        readPosition = end
        floor = end
        isDropWanted = end > 0 || activity != .none
        lane?.client.noLongerStarved(self)
        lane = nil
        pump()
        return count
    }

    /// The store could not be rid of what it has: nobody asks for it again, and new records go behind it.
    func abandoned() {
        readPosition = end
        floor = end
        noteFinishedChunks()
        hasReleased(before: end)
    }

    /// The store is rid of the lane: the next record is the first one.
    func startOver() {
        noteFinishedChunks()
        hasReleased(before: end)
        end = 0
        readPosition = 0
        floor = 0
        released = 0
        done = []
    }

    func retry(in delay: TimeAmount) {
        retryAt = loop.now + delay
        if let lane { loop.wake(lane, by: loop.now + delay) }
    }

    /// The lane was woken.
    func woken(at now: NIODeadline) {
        guard let retryAt, retryAt <= now else { return }
        self.retryAt = nil
        pump()
    }

    /// Tells the service when there begins to be something in the store, and when there no longer is.
    func noteBusyness() {
        guard isBusy == isClean else { return }
        isBusy = !isClean
        if isBusy { service.becameBusy() } else { service.becameIdle() }
    }
}

@available(*, unavailable)
extension SpillQueue: Sendable {}
