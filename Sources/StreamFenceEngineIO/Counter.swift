import Synchronization

/// Counts on any thread, for metrics: what is read while others count is as good as a moment earlier or later.
package struct Counter: ~Copyable, Sendable {
    private let number = Atomic(0)

    package init() {}

    package var value: Int { number.load(ordering: .relaxed) }

    package func increment(by amount: Int = 1) {
        number.wrappingAdd(amount, ordering: .relaxed)
    }
}

/// Counts by a key of few values, on any thread. Behind a lock: for what is rare, such as the end of a connection.
package final class KeyedCounter<Key: Hashable & Sendable>: Sendable {
    private let numbers = Mutex<[Key: Int]>([:])

    /// How often the key was counted.
    package subscript(key: Key) -> Int { numbers.withLock { $0[key, default: 0] } }

    package func increment(_ key: Key) {
        numbers.withLock { $0[key, default: 0] += 1 }
    }
}
