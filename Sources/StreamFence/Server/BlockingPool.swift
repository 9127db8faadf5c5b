import NIOPosix
import StreamFenceDelivery

/// SwiftNIO's own pool of threads that may block, shared by the whole process.
struct BlockingPool: BlockingExecutor {
    func submit(_ work: @escaping @Sendable () -> Void) {
        // It never stops, so the item always runs.
        NIOThreadPool.singleton.submit { _ in work() }
    }
}
