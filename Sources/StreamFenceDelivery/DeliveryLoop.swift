import NIOCore

/// What the lanes on one event loop share: its clock, one timer for all of them, and the end of its tick.
///
/// Owned by the event loop.
package final class DeliveryLoop {
    package let eventLoop: any EventLoop
    private var deadlines = DeadlineHeap()
    /// When the loop will call back next; earlier callbacks that were asked for and are no longer needed come and go.
    private var scheduledFor: NIODeadline?
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
        guard let earliest = deadlines.earliest, earliest < scheduledFor ?? .distantFuture else { return }
        scheduledFor = earliest
        let delay = max(.nanoseconds(0), earliest - now)
        do {
            // Never cancelled, which costs SwiftNIO a search: one that comes too early is ignored.
            _ = try eventLoop.assumeIsolated().scheduleCallback(in: delay, handler: self)
        } catch {
            // The loop is shutting down, and every connection with it.
            scheduledFor = nil
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
        guard let scheduledFor, scheduledFor <= now else { return }
        self.scheduledFor = nil
        while let lane = deadlines.popDue(at: now) {
            lane.woken(at: now)
        }
        schedule()
    }
}
