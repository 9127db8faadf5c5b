import NIOCore
import Synchronization

/// The events that have arrived and were not yet taken: between the event loop that puts them in and the tasks that take
/// them out. Bounded by its user, who stops putting in when told so.
///
/// `NIOAsyncSequenceProducer` was rejected: it counts elements, where events are between ten bytes and megabytes large,
/// and it traps on the second iterator.
final class EventBuffer: Sendable {
    private struct Entry {
        let event: SocketIOClientEvent
        let bytes: Int
    }

    /// What `next()` gives out.
    struct Taken {
        /// Nil at the end, or if the task was cancelled.
        var event: SocketIOClientEvent?
        /// There is room again after there was none.
        var wantsMore = false
    }

    private struct Waiter {
        let id: UInt64
        let continuation: CheckedContinuation<Taken, Never>
    }

    private struct State {
        var entries = CircularBuffer<Entry>()
        var bytes = 0
        var isFull = false
        /// Tasks that wait for an event; only while there are no entries.
        var waiters: [Waiter] = []
        var nextWaiterID: UInt64 = 0
        var closeReason: SocketIOCloseReason?
    }

    private let state = Mutex(State())
    /// From how many bytes on no more is put in, and down to how many they have to be taken out before that ends.
    private let highWatermark: Int
    private let lowWatermark: Int
    /// What an event costs besides its payload, roughly, in bytes.
    private static let overhead = 128

    init(highWatermark: Int, lowWatermark: Int) {
        self.highWatermark = highWatermark
        self.lowWatermark = lowWatermark
    }

    /// Adds an event.
    ///
    /// - Parameter bytes: the size of its payload.
    /// - Returns: whether there is room for more; if not, `next()` tells when there is again.
    func append(_ event: SocketIOClientEvent, bytes: Int) -> Bool {
        let (waiter, hasRoom) = state.withLock { state -> (Waiter?, Bool) in
            if !state.waiters.isEmpty { return (state.waiters.removeFirst(), true) }
            let entry = Entry(event: event, bytes: bytes + Self.overhead)
            state.entries.append(entry)
            state.bytes += entry.bytes
            if state.bytes >= highWatermark { state.isFull = true }
            return (nil, !state.isFull)
        }
        waiter?.continuation.resume(returning: Taken(event: event))
        return hasRoom
    }

    /// No more events will come. The first reason counts.
    func finish(_ reason: SocketIOCloseReason) {
        let waiters = state.withLock { state in
            if state.closeReason == nil { state.closeReason = reason }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume(returning: Taken()) }
    }

    /// Why there will be no more events.
    var closeReason: SocketIOCloseReason? { state.withLock { $0.closeReason } }

    /// The next event, waiting for it if need be.
    func next() async -> Taken {
        if Task.isCancelled { return Taken() }
        if let taken = state.withLock({ take(&$0) }) { return taken }
        let id = state.withLock { state in
            defer { state.nextWaiterID += 1 }
            return state.nextWaiterID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { wait(id, $0) }
        } onCancel: {
            cancel(id)
        }
    }

    private func wait(_ id: UInt64, _ continuation: CheckedContinuation<Taken, Never>) {
        let answer = state.withLock { state -> Taken? in
            // An event may have come meanwhile, and a cancellation found nobody waiting yet.
            if let taken = take(&state) { return taken }
            if Task.isCancelled { return Taken() }
            state.waiters.append(Waiter(id: id, continuation: continuation))
            return nil
        }
        if let answer { continuation.resume(returning: answer) }
    }

    private func cancel(_ id: UInt64) {
        let waiter = state.withLock { state -> Waiter? in
            guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
            return state.waiters.remove(at: index)
        }
        waiter?.continuation.resume(returning: Taken())
    }

    /// The first entry, or the end; nil if one has to wait.
    private func take(_ state: inout State) -> Taken? {
        guard let entry = state.entries.popFirst() else {
            return state.closeReason == nil ? nil : Taken()
        }
        state.bytes -= entry.bytes
        guard state.isFull, state.bytes <= lowWatermark else { return Taken(event: entry.event) }
        state.isFull = false
        return Taken(event: entry.event, wantsMore: true)
    }
}
