import NIOCore
import StreamFencePluginKit

/// What became of something that was given a limited time.
enum TimeLimited<Value: Sendable>: Sendable {
    case finished(Result<Value, any Error>)
    case timedOut
}

extension EventLoop {
    /// Runs `body` in a task and waits for it, for no longer than `time`, which does not need its cooperation: the task is then
    /// cancelled and left to itself. It runs on threads that may block.
    ///
    /// A caller that is cancelled has the task cancelled, and waits all the same: otherwise clients that come and go could
    /// have any number of tasks running that do not let themselves be stopped.
    func limit<Value: Sendable>(
        to time: TimeAmount,
        _ body: @escaping @Sendable () async throws -> Value
    ) async -> TimeLimited<Value> {
        let outcome = makePromise(of: TimeLimited<Value>.self)
        let task = Task(executorPreference: ThreadPoolExecutor.shared) {
            do {
                outcome.succeed(.finished(.success(try await body())))
            } catch {
                outcome.succeed(.finished(.failure(error)))
            }
        }
        let timer = scheduleTask(in: time) { outcome.succeed(.timedOut) }
        defer {
            timer.cancel()
            task.cancel()
        }
        return await withTaskCancellationHandler {
            // It never fails.
            (try? await outcome.futureResult.get()) ?? .timedOut
        } onCancel: {
            task.cancel()
        }
    }
}
