import NIOPosix
import StreamFenceDelivery

/// A thread that one metrics sink may block for as long as it likes: of the process's common ones it would take spill stores
/// theirs.
struct SinkThread: BlockingExecutor {
    private let pool = NIOThreadPool(numberOfThreads: 1)

    /// Begins. Until then nothing can be submitted.
    func start() {
        pool.start()
    }

    func submit(_ work: @escaping @Sendable () -> Void) {
        pool.submit { state in
            // Cancelled: the server has stopped without waiting any longer.
            if case .active = state { work() }
        }
    }

    /// Ends once the sink lets go of it.
    func stop() {
        pool.shutdownGracefully { _ in }
    }
}
