import NIOPosix
import Synchronization

/// The threads on which one component's calls may block: those of another don't wait for them.
///
/// Any thread.
final class BlockingThreads: Sendable {
    /// How many calls wait at most for a thread. A component that lets so many wait is not going to answer in time.
    static let mostWaiting = 1000
    private static let threadsOfOne = 4

    private let waiting = Atomic(0)
    /// Made for the first call: most components have none that block.
    private let pool = Mutex<NIOThreadPool?>(nil)

    /// Runs what may block; the pool never stops.
    ///
    /// - Returns: false if too many wait already: it is not run then.
    @discardableResult
    func submit(_ work: @escaping @Sendable () -> Void) -> Bool {
        guard waiting.wrappingAdd(1, ordering: .relaxed).newValue <= Self.mostWaiting else {
            waiting.wrappingSubtract(1, ordering: .relaxed)
            return false
        }
        let threads = pool.withLock { pool in
            if let pool { return pool }
            let new = NIOThreadPool(numberOfThreads: Self.threadsOfOne)
            new.start()
            pool = new
            return new
        }
        threads.submit { _ in
            self.waiting.wrappingSubtract(1, ordering: .relaxed)
            work()
        }
        return true
    }
}
