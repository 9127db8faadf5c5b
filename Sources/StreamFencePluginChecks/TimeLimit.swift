import Foundation
import Synchronization

/// Does what may never end, for as long as it may take. What is still at it then is told so, and left behind.
///
/// - Returns: nil if it took longer than `limit`.
func within<Success: Sendable>(
    _ limit: Duration,
    _ work: @escaping @Sendable () async throws -> Success
) async -> Result<Success, any Error>? {
    await withCheckedContinuation { continuation in
        let end = End(continuation)
        let work = Task(executorPreference: OwnThreads(), operation: work)
        let timer = Task {
            do { try await ContinuousClock().sleep(for: limit) } catch { return }
            end.come(nil)
            work.cancel()
        }
        Task {
            let result = await work.result
            timer.cancel()
            end.come(result)
        }
    }
}

/// How something ended: the first to say it is heard.
private final class End<Success: Sendable>: Sendable {
    typealias Outcome = Result<Success, any Error>?

    private let continuation: Mutex<CheckedContinuation<Outcome, Never>?>

    init(_ continuation: CheckedContinuation<Outcome, Never>) {
        self.continuation = Mutex(continuation)
    }

    func come(_ outcome: Outcome) {
        let continuation = continuation.withLock { continuation in
            defer { continuation = nil }
            return continuation
        }
        continuation?.resume(returning: outcome)
    }
}

/// A thread for each piece of a task: a plugin may block all of them for ever, and what measures the time still runs. The common
/// threads are as few as the processors.
final class OwnThreads: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        Thread.detachNewThread { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
