import NIOCore
import StreamFencePluginKit
import Synchronization

/// A namespace's spill store, and how its lanes use it: on threads that may block, within the server's budget, with every
/// fault reported.
package final class SpillService: Sendable {
    let store: any SpillStore
    let executor: any BlockingExecutor
    let codec: any MessageContentCodec
    let budget: SpillBudget
    /// The most bytes one client may have in the store, those that wait to be written included.
    let maxBytesPerClient: Int
    private let reportFault: @Sendable (SpillFault, SpillLane) -> Void
    private let activity = Mutex(Activity())

    private struct Activity {
        /// Lanes that have anything in the store, or something to be done there.
        var busyQueues = 0
        var waiters: [EventLoopPromise<Void>] = []
    }

    package init(
        store: any SpillStore,
        executor: any BlockingExecutor,
        codec: any MessageContentCodec,
        budget: SpillBudget,
        maxBytesPerClient: Int,
        reportFault: @escaping @Sendable (SpillFault, SpillLane) -> Void
    ) {
        self.store = store
        self.executor = executor
        self.codec = codec
        self.budget = budget
        self.maxBytesPerClient = maxBytesPerClient
        self.reportFault = reportFault
    }

    /// Runs `work` where it may block, and `done` with what became of it on the event loop.
    func perform<Result: Sendable>(
        on eventLoop: any EventLoop,
        _ work: @escaping @Sendable () throws -> Result,
        done: @escaping @Sendable (Swift.Result<Result, any Error>) -> Void
    ) {
        executor.submit {
            let result = Swift.Result { try work() }
            eventLoop.execute { done(result) }
        }
    }

    func report(_ fault: SpillFault, _ lane: SpillLane) {
        reportFault(fault, lane)
    }

    func becameBusy() {
        activity.withLock { $0.busyQueues += 1 }
    }

    func becameIdle() {
        let waiters = activity.withLock { activity -> [EventLoopPromise<Void>] in
            activity.busyQueues -= 1
            guard activity.busyQueues == 0 else { return [] }
            defer { activity.waiters = [] }
            return activity.waiters
        }
        for waiter in waiters { waiter.succeed() }
    }

    /// Succeeds when no lane has anything in the store, nor anything to be done there: what clients left is removed.
    package func whenIdle(on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        let isIdle = activity.withLock { activity in
            if activity.busyQueues > 0 { activity.waiters.append(promise) }
            return activity.busyQueues == 0
        }
        if isIdle { promise.succeed() }
        return promise.futureResult
    }
}

/// Threads that may block, so that no event loop has to.
package protocol BlockingExecutor: Sendable {
    /// Runs `work` soon, on a thread that may block; several at a time.
    func submit(_ work: @escaping @Sendable () -> Void)
}

/// Turns what a transport writes into bytes that a store can keep, and back.
package protocol MessageContentCodec: Sendable {
    /// Appends the content's bytes.
    func encode(_ content: any MessageContent, into bytes: inout [UInt8])
    /// The content again; nil if the bytes are not one's.
    func decode(_ bytes: ArraySlice<UInt8>) -> (any MessageContent)?
}

/// What went wrong with a store. Each is survived, and the messages it cost are counted.
package enum SpillFault: Sendable {
    /// Messages could not be stored, and were rejected.
    case append(messages: Int, any Error)
    /// Nothing could be read; it is tried again, unless this was the last attempt.
    case read(willRetry: Bool, any Error)
    /// Messages were not given back as they were, and are lost.
    case lost(messages: Int)
    /// What is no longer needed could not be removed.
    case remove(any Error)
}
