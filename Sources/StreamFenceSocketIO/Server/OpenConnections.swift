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

    /// Watches a connection until it closes.
    func add(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        state.withLock { $0.channels[id] = channel }
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
