import DequeModule
import NIOCore

/// Gives a connection's queued messages to its transport, as fast as the transport takes them and no faster.
///
/// The lanes of all namespaces of a connection take turns, one message each, so that a busy topic never holds up a quiet
/// one. Owned by the connection's event loop.
package final class ConnectionWriter {
    private let transport: any LaneTransport
    /// The lanes with something queued, in the order of their turns.
    private var turns: Deque<Lane> = []
    private var isDraining = false
    /// Whether something has been written that was not flushed.
    private var isUnflushed = false
    /// Whether a batch that is being distributed has something for this connection; kept by whoever distributes it.
    package var isTouched = false
    /// Those who wait until nothing is queued any more.
    private var idleWaiters: [EventLoopPromise<Void>] = []

    package init(transport: any LaneTransport) {
        self.transport = transport
    }

    /// Succeeds when nothing is queued any more: all has been written, or its clients have left.
    package func whenIdle(on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        idleWaiters.append(promise)
        tellIfIdle()
        return promise.futureResult
    }

    private func tellIfIdle() {
        // While draining, the lane that has the turn is not among those that wait for one.
        guard !idleWaiters.isEmpty, turns.isEmpty, !isDraining else { return }
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
        // Writing may tell that there is room, which calls this again.
        guard !isDraining else { return }
        isDraining = true
        while true {
            writeQueued()
            guard isUnflushed else { break }
            isUnflushed = false
            transport.flush()
        }
        isDraining = false
        tellIfIdle()
    }

    private func writeQueued() {
        guard !turns.isEmpty else { return }
        var room = transport.room
        while room > 0, let lane = turns.popFirst() {
            lane.isScheduled = false
            guard let message = lane.takeFirst() else { continue }
            transport.write(message.content)
            isUnflushed = true
            room -= message.bytes
            if !lane.isEmpty { schedule(lane) }
        }
    }

    /// Takes a closed lane out of the turns.
    func forget(_ lane: Lane) {
        guard lane.isScheduled else { return }
        turns.removeAll { $0 === lane }
        tellIfIdle()
    }

    func disconnect(reason: String) {
        transport.disconnect(reason: reason)
    }
}
