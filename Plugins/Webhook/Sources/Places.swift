import Synchronization

/// Bounds how many requests are under way at once. So many more wait, first come, first served; the others fail.
///
/// Any thread.
final class Places: Sendable {
    private typealias Waiter = CheckedContinuation<Void, any Error>

    private struct State {
        var free: Int
        /// Those who wait, by numbers that rise: whoever gives up leaves a gap.
        var waiters: [Int: Waiter] = [:]
        /// No one who waits has a lower number.
        var first = 0
        var next = 0

        /// The one who has waited longest.
        mutating func removeFirst() -> Waiter? {
            guard !waiters.isEmpty else { return nil }
            while true {
                defer { first += 1 }
                if let waiter = waiters.removeValue(forKey: first) { return waiter }
            }
        }
    }

    private let state: Mutex<State>
    private let places: Int
    private let mostWaiting: Int

    /// - Parameters:
    ///   - places: at least 1.
    ///   - waiting: how many may wait; 0 or more.
    init(_ places: Int, waiting: Int) {
        self.places = places
        mostWaiting = waiting
        state = Mutex(State(free: places))
    }

    /// Waits for a place, which ``giveBack()`` gives to the next.
    func take() async throws {
        let number = state.withLock { state in
            defer { state.next += 1 }
            return state.next
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { waiter in
                stand(number, waiter)
                // The handler may have come before: nobody stood there then.
                if Task.isCancelled { leave(number) }
            }
        } onCancel: {
            leave(number)
        }
    }

    func giveBack() {
        let next = state.withLock { state in
            let next = state.removeFirst()
            if next == nil { state.free += 1 }
            return next
        }
        next?.resume()
    }

    private func stand(_ number: Int, _ waiter: Waiter) {
        let answer = state.withLock { state -> Result<Void, any Error>? in
            if state.free > 0 {
                state.free -= 1
                return .success(())
            }
            guard state.waiters.count < mostWaiting else {
                let found = "\(places) under way and \(mostWaiting) waiting"
                return .failure(Failure("expected fewer requests to the service, found \(found)"))
            }
            // Whoever got a number earlier may stand here later.
            state.first = state.waiters.isEmpty ? number : min(state.first, number)
            state.waiters[number] = waiter
            return nil
        }
        if let answer { waiter.resume(with: answer) }
    }

    private func leave(_ number: Int) {
        let waiter = state.withLock { $0.waiters.removeValue(forKey: number) }
        waiter?.resume(throwing: CancellationError())
    }
}
