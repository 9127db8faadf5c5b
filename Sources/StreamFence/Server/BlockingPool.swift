import NIOPosix
import StreamFenceDelivery

/// SwiftNIO's own pool of threads that may block, shared by the whole process.
struct BlockingPool: BlockingExecutor {
    func submit(_ work: @escaping @Sendable () -> Void) {
        // It never stops, so the item always runs.
        NIOThreadPool.singleton.submit { _ in work() }
    }

    /// Runs `work` on the pool and returns what it does.
    func run<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await NIOThreadPool.singleton.runIfActive(work)
    }
}
