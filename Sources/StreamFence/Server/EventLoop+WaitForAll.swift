import NIOCore

extension EventLoop {
    /// Waits until all of `futures` have completed, whatever became of them, for no longer than `time`.
    ///
    /// - Returns: false if the time was up first.
    func waitForAll(_ futures: [EventLoopFuture<Void>], within time: Duration) async -> Bool {
        let finished = makePromise(of: Bool.self)
        let timer = scheduleTask(in: TimeAmount(time)) { finished.succeed(false) }
        EventLoopFuture.andAllComplete(futures, on: self).whenComplete { _ in
            timer.cancel()
            finished.succeed(true)
        }
        // Only a loop that has been shut down fails it: nothing is left to wait for then.
        return (try? await finished.futureResult.get()) ?? false
    }
}
