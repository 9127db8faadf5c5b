import DequeModule
import NIOCore

/// Gives a connection's queued messages to its transport, as fast as the transport takes them and no faster.
///
/// 1. The lanes of all namespaces of a connection take turns, one message each, so that a busy topic never holds up a
///    quiet one.
/// 2. Flushes once for all that was written, and tells the lanes that wait for acknowledgements when it has left.
/// 3. Knows how many messages the connection is still owed.
///
/// Owned by the connection's event loop.
package final class ConnectionWriter {
    private let transport: any LaneTransport
    private let loop: DeliveryLoop
    /// The lanes with something queued, in the order of their turns.
    private(set) var turns: Deque<Lane> = []
    /// The lanes with something written whose acknowledgement is not waited for before it has left.
    private var awaitingFlush: [Lane] = []
    private var isDraining = false
    /// Whether something has been written that was not flushed.
    private var isUnflushed = false
    /// Whether a batch that is being distributed has something for this connection; kept by whoever distributes it.
    package var isTouched = false
    /// Whether the loop will have it drained at the end of the tick; kept by the loop.
    var isDrainAwaited = false
    /// Those who wait until nothing is held any more.
    private var idleWaiters: [EventLoopPromise<Void>] = []

    /// How many messages the lanes hold, those in flight and in spill stores included; kept by the lanes.
    var held = 0 {
        didSet {
            if held == 0, !idleWaiters.isEmpty { tellIfIdle() }
        }
    }

    package init(transport: any LaneTransport, loop: DeliveryLoop) {
        self.transport = transport
        self.loop = loop
    }

    /// Succeeds when nothing is held any more: all has been delivered or acknowledged, or its clients have left.
    package func whenIdle(on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        idleWaiters.append(promise)
        tellIfIdle()
        return promise.futureResult
    }

    private func tellIfIdle() {
        // While draining, what was taken from its lane last may not be written yet.
        guard !idleWaiters.isEmpty, held == 0, !isDraining else { return }
        let waiters = idleWaiters
        idleWaiters = []
        for waiter in waiters { waiter.succeed() }
    }

    /// Gives a lane its turn; does nothing if it waits for one already.
    func schedule(_ lane: Lane) {
        guard !lane.isScheduled else { return }
        lane.isScheduled = true
        turns.append(lane)
    }

    /// Writes a whole batch, to be flushed with the next ``drain()``, if nothing waits before it and there is room for it.
    func pass(_ batch: MessageBatch) -> Bool {
        guard turns.isEmpty, batch.bytes <= transport.room else { return false }
        transport.write(batch.joined)
        isUnflushed = true
        return true
    }

    /// Writes while the transport has room, and flushes once; again if the flush made room.
    package func drain() {
        loop.eventLoop.assertInEventLoop()
        // Writing may tell that there is room, which calls this again.
        guard !isDraining else { return }
        isDraining = true
        // While a connection is never quite empty, this is when the last flush can be seen to have left.
        if !isUnflushed { tellFlushed() }
        while true {
            writeQueued()
            guard isUnflushed else { break }
            isUnflushed = false
            transport.flush()
        }
        tellFlushed()
        isDraining = false
        tellIfIdle()
    }

    private func writeQueued() {
        var room = 0
        while !turns.isEmpty {
            // Asked again when it is filled: a transport that counts messages says only that there is some.
            if room <= 0 { room = transport.room }
            guard room > 0, let lane = turns.popFirst() else { return }
            lane.isScheduled = false
            guard let written = lane.takeNext() else { continue }
            if let gap = written.gap, let notice = lane.settings.gapNotice?(lane.topic, gap) {
                transport.write(notice.content)
                room -= notice.bytes
            }
            transport.write(written.message.content)
            isUnflushed = true
            room -= written.message.bytes
            if !lane.isClosed { lane.scheduleTurn() }
        }
    }

    /// A lane has written something that will be acknowledged.
    func awaitFlush(_ lane: Lane) {
        guard !lane.isAwaitingFlush else { return }
        lane.isAwaitingFlush = true
        awaitingFlush.append(lane)
    }

    private func tellFlushed() {
        guard !awaitingFlush.isEmpty, !transport.hasUnsent else { return }
        let lanes = awaitingFlush
        awaitingFlush.removeAll(keepingCapacity: true)
        let now = loop.now
        for lane in lanes {
            lane.isAwaitingFlush = false
            if !lane.isClosed { lane.flushed(at: now) }
        }
    }

    /// Takes a closed lane out of the turns.
    func forget(_ lane: Lane) {
        if lane.isScheduled { turns.removeAll { $0 === lane } }
        if lane.isAwaitingFlush { awaitingFlush.removeAll { $0 === lane } }
    }
}

@available(*, unavailable)
extension ConnectionWriter: Sendable {}
