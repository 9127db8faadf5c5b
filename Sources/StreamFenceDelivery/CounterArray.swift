import Synchronization

/// Counters side by side, each written by one thread at a time and read by any.
///
/// Sendable without the compiler's proof, as the memory behind the pointer is only touched by atomic loads and stores.
final class CounterArray: @unchecked Sendable {
    private let values: UnsafeMutablePointer<Atomic<Int>>
    private let count: Int

    /// So many counters, all 0.
    init(count: Int) {
        self.count = count
        values = .allocate(capacity: count)
        for index in 0..<count { (values + index).initialize(to: Atomic(0)) }
    }

    deinit {
        values.deinitialize(count: count)
        values.deallocate()
    }

    subscript(index: Int) -> Int {
        precondition(index < count, "a counter that was not made")
        return values[index].load(ordering: .relaxed)
    }

    /// Only the thread that owns the counters.
    func add(_ number: Int, at index: Int) {
        precondition(index < count, "a counter that was not made")
        values[index].store(values[index].load(ordering: .relaxed) &+ number, ordering: .relaxed)
    }
}
