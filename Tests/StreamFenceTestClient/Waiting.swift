import NIOCore
import NIOPosix

/// The loops of servers and clients alike.
package let loops = MultiThreadedEventLoopGroup(numberOfThreads: 2)

/// What handlers noted, in order.
package final class Journal: Sendable {
    private let stream: AsyncStream<String>
    private let continuation: AsyncStream<String>.Continuation

    package init() { (stream, continuation) = AsyncStream.makeStream() }

    package func note(_ what: String) { continuation.yield(what) }

    package func next() async -> String? {
        var iterator = stream.makeAsyncIterator()
        return await iterator.next()
    }
}

/// Something a handler waits for and a test opens.
package final class Gate: Sendable {
    private let promise: EventLoopPromise<Void>

    package init() { promise = loops.next().makePromise() }

    package func open() { promise.succeed() }
    package func passed() async throws { try await promise.futureResult.get() }
}

/// Passes when every loop has finished what it had to do.
package func turnAll() async throws {
    for loop in loops.makeIterator() { try await loop.submit {}.get() }
}

/// Passes when `holds`; loops turn meanwhile, and the test's time limit ends what never comes.
package func eventually(_ holds: @Sendable () throws -> Bool) async throws {
    while try !holds() {
        try Task.checkCancellation()
        try await turnAll()
    }
}
