import NIOCore

/// What the lanes on one event loop share: its clock, one timer for all of them, and the end of its tick.
///
/// Owned by the event loop.
package final class DeliveryLoop {
    package let eventLoop: any EventLoop
    private var deadlines = DeadlineHeap()
    /// When the loop will call back, the next time last: a callback is asked for only where it has to come before all
    /// others, and never cancelled, which would cost SwiftNIO a search.
    private var callbacks: [NIODeadline] = []
    /// The connections to be written to at the end of the tick.
    private var waiting: [ConnectionWriter] = []

    package init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    var now: NIODeadline { eventLoop.now }

    /// How many lanes wait to be woken.
    var sleeperCount: Int { deadlines.count }

    /// Wakes the lane at `deadline` at the latest: one that is to be woken earlier finds out by itself what is left to
    /// wait for.
    func wake(_ lane: Lane, by deadline: NIODeadline) {
        if let already = deadlines.deadline(of: lane), already <= deadline { return }
        deadlines.set(deadline, for: lane)
        schedule()
    }

    func forget(_ lane: Lane) {
        deadlines.remove(lane)
    }

    private func schedule() {
        guard let earliest = deadlines.earliest, earliest < callbacks.last ?? .distantFuture else { return }
        let delay = max(.nanoseconds(0), earliest - now)
        do {
            _ = try eventLoop.assumeIsolated().scheduleCallback(in: delay, handler: self)
            callbacks.append(earliest)
        } catch {
            // The loop is shutting down, and every connection with it: nobody is to be woken any more.
            callbacks = []
        }
    }

    /// Has what is queued for a connection written at the end of this tick, once however often it is asked for.
    func drainLater(_ writer: ConnectionWriter) {
        guard !writer.isDrainAwaited else { return }
        writer.isDrainAwaited = true
        waiting.append(writer)
        guard waiting.count == 1 else { return }
        eventLoop.assumeIsolated().execute { self.drainWaiting() }
    }

    private func drainWaiting() {
        let writers = waiting
        waiting = []
        for writer in writers {
            writer.isDrainAwaited = false
            writer.drain()
        }
    }
}

@available(*, unavailable)
extension DeliveryLoop: Sendable {}

extension DeliveryLoop: NIOScheduledCallbackHandler {
    /// For SwiftNIO alone to call: some lane's time may have come.
    package func handleScheduledCallback(eventLoop: some EventLoop) {
        let now = now
        while let last = callbacks.last, last <= now { callbacks.removeLast() }
        while let lane = deadlines.popDue(at: now) {
            lane.woken(at: now)
        }
        schedule()
    }
}
