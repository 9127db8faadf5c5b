import Synchronization

/// Lets those who ask the same at the same time share one call.
///
/// A call is cancelled when nobody waits for it any more. Any thread.
final class SharedCalls<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private typealias Waiter = CheckedContinuation<Value, any Error>

    private struct Call {
        let number: Int
        let task: Task<Void, Never>
        var waiters: [Int: Waiter]
    }

    private struct State {
        var calls: [Key: Call] = [:]
        private var last = 0

        /// For a call or one who waits.
        mutating func number() -> Int {
            last += 1
            return last
        }
    }

    private let state = Mutex(State())

    /// What the call for `key` gives: of the one that is going on, or of `make`.
    func value(for key: Key, _ make: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let number = state.withLock { $0.number() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { waiter in
                join(key, number, waiter, make)
                // The handler may have come before: there was nobody to take leave then.
                if Task.isCancelled { leave(key, number) }
            }
        } onCancel: {
            leave(key, number)
        }
    }

    private func join(
        _ key: Key,
        _ number: Int,
        _ waiter: Waiter,
        _ make: @escaping @Sendable () async throws -> Value
    ) {
        // Under the lock, so that a task that ends at once finds its call there.
        state.withLock { state in
            guard state.calls[key] == nil else {
                state.calls[key]?.waiters[number] = waiter
                return
            }
            let call = state.number()
            let task = Task {
                let result: Result<Value, any Error>
                do { result = .success(try await make()) } catch { result = .failure(error) }
                self.finish(key, call, result)
            }
            state.calls[key] = Call(number: call, task: task, waiters: [number: waiter])
        }
    }

    private func leave(_ key: Key, _ number: Int) {
        let waiter = state.withLock { state -> Waiter? in
            guard let waiter = state.calls[key]?.waiters.removeValue(forKey: number) else { return nil }
            if state.calls[key]?.waiters.isEmpty == true { state.calls.removeValue(forKey: key)?.task.cancel() }
            return waiter
        }
        waiter?.resume(throwing: CancellationError())
    }

    private func finish(_ key: Key, _ call: Int, _ result: Result<Value, any Error>) {
        let waiters = state.withLock { state in
            // Where all have left, another call may have begun.
            state.calls[key]?.number == call ? state.calls.removeValue(forKey: key)?.waiters : nil
        }
        for waiter in (waiters ?? [:]).values { waiter.resume(with: result) }
    }
}
