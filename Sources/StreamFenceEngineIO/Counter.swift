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
