import NIOCore
import Synchronization

/// The connections of a listener, so that it can end them all.
final class OpenConnections: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        /// Waits for the last connection to close.
        var emptied: EventLoopPromise<Void>?
    }

    private let state = Mutex(State())
    private let most: Int
    private let refusedCount = Atomic(0)

    /// - Parameter most: how many there may be at a time.
    init(most: Int) {
        self.most = most
    }

    /// How many were refused, as there were too many.
    var refused: Int { refusedCount.load(ordering: .relaxed) }

    /// Watches a connection until it closes.
    ///
    /// - Throws: ``TooManyConnections``, which is counted.
    func add(_ channel: any Channel) throws(TooManyConnections) {
        let id = ObjectIdentifier(channel)
        let isIn = state.withLock { state in
            guard state.channels.count < most else { return false }
            state.channels[id] = channel
            return true
        }
        guard isIn else {
            refusedCount.wrappingAdd(1, ordering: .relaxed)
            throw TooManyConnections(most: most)
        }
        channel.closeFuture.whenComplete { _ in self.remove(id) }
    }

    private func remove(_ id: ObjectIdentifier) {
        let emptied = state.withLock { state -> EventLoopPromise<Void>? in
            state.channels[id] = nil
            guard state.channels.isEmpty else { return nil }
            defer { state.emptied = nil }
            return state.emptied
        }
        emptied?.succeed()
    }

    /// Has every connection close: those that rest at once, those with a request when it is answered, and whatever is
    /// left after `patience`.
    ///
    /// - Returns: succeeds when the last one has closed.
    func closeAll(patience: TimeAmount, on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        let channels = state.withLock { state in
            if !state.channels.isEmpty { state.emptied = promise }
            return Array(state.channels.values)
        }
        guard !channels.isEmpty else {
            promise.succeed()
            return promise.futureResult
        }
        for channel in channels {
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
        let deadline = eventLoop.scheduleTask(in: patience) {
            for channel in channels { channel.close(promise: nil) }
        }
        promise.futureResult.whenComplete { _ in deadline.cancel() }
        return promise.futureResult
    }
}

/// There are as many connections as there may be.
struct TooManyConnections: Error, CustomStringConvertible {
    let most: Int

    var description: String { "expected at most \(most) connections at a time, found one more" }
}
