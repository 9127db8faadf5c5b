import DequeModule
import NIOCore

/// Runs a client's messages through their handlers, one after the other.
///
/// A client may have a bounded number waiting; beyond it its publishes are refused. Owned by the client's event loop.
final class InboundQueue {
    typealias Job = @Sendable () async throws -> Void

    private struct Waiting {
        let job: Job
        let bytes: Int
        let done: @Sendable (Result<Void, any Error>) -> Void
    }

    private let eventLoop: any EventLoop
    private var waiting: Deque<Waiting> = []
    private var waitingBytes = 0
    private var isRunning = false

    /// The most messages of a client that may wait for their handler.
    static let maxMessages = 256
    /// The most bytes of a client's messages that may wait, unless one message alone is larger.
    static let maxBytes = 4 << 20

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// - Throws: ``ErrorCode/queueOverflow`` if no further message may wait.
    func checkRoom(for bytes: Int) throws(RequestError) {
        guard waiting.count < Self.maxMessages else {
            throw RequestError(.queueOverflow, "expected at most \(Self.maxMessages) messages waiting to be handled")
        }
        guard waiting.isEmpty || waitingBytes + bytes <= Self.maxBytes else {
            throw RequestError(.queueOverflow, "expected at most \(Self.maxBytes) bytes waiting to be handled")
        }
    }

    /// Runs `job` when all before it are done.
    ///
    /// - Parameters:
    ///   - bytes: what the job holds while it waits.
    ///   - done: called on the event loop with what became of it.
    func run(_ job: @escaping Job, bytes: Int, done: @escaping @Sendable (Result<Void, any Error>) -> Void) {
        eventLoop.assertInEventLoop()
        waiting.append(Waiting(job: job, bytes: bytes, done: done))
        waitingBytes += bytes
        if !isRunning { runNext() }
    }

    private func runNext() {
        guard let next = waiting.popFirst() else {
            isRunning = false
            return
        }
        isRunning = true
        waitingBytes -= next.bytes
        eventLoop.makeFutureWithTask(next.job).assumeIsolated().whenComplete { result in
            next.done(result)
            self.runNext()
        }
    }
}
