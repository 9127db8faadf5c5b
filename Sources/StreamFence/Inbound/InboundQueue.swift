import DequeModule
import NIOCore

/// Runs a client's messages through their handlers, one after the other.
///
/// A client may have a bounded number waiting; beyond it its publishes are refused. Owned by the client's event loop.
final class InboundQueue {
    typealias Job = @Sendable () async throws -> Void

    private struct Waiting {
        let job: Job
        let done: @Sendable (Result<Void, any Error>) -> Void
    }

    private let eventLoop: any EventLoop
    private var waiting: Deque<Waiting> = []
    private var isRunning = false

    /// The most messages of a client that may wait for their handler.
    static let limit = 256

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// - Throws: ``ErrorCode/queueOverflow`` if no further message may wait.
    func checkRoom() throws(RequestError) {
        guard waiting.count < Self.limit else {
            throw RequestError(.queueOverflow, "expected at most \(Self.limit) messages waiting to be handled")
        }
    }

    /// Runs `job` when all before it are done.
    ///
    /// - Parameter done: called on the event loop with what became of it.
    func run(_ job: @escaping Job, done: @escaping @Sendable (Result<Void, any Error>) -> Void) {
        eventLoop.assertInEventLoop()
        waiting.append(Waiting(job: job, done: done))
        if !isRunning { runNext() }
    }

    private func runNext() {
        guard let next = waiting.popFirst() else {
            isRunning = false
            return
        }
        isRunning = true
        eventLoop.makeFutureWithTask(next.job).assumeIsolated().whenComplete { result in
            next.done(result)
            self.runNext()
        }
    }
}
