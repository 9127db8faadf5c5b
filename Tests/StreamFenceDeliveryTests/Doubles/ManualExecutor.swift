import Synchronization

@testable import StreamFenceDelivery

/// Threads that may block, which here is the test's own: work is done when the test says, in the order it says.
final class ManualExecutor: BlockingExecutor {
    private let work = Mutex<[@Sendable () -> Void]>([])

    /// How many calls wait to be made.
    var count: Int { work.withLock { $0.count } }

    func submit(_ work: @escaping @Sendable () -> Void) {
        self.work.withLock { $0.append(work) }
    }

    /// Makes one of the calls that wait.
    func run(_ index: Int = 0) {
        let next = work.withLock { $0.remove(at: index) }
        next()
    }
}
