/// When messages are due that are published at a fixed rate, whatever becomes of them: an open loop. A closed one would
/// wait while the server does, and would not see how long.
struct Pace {
    /// How much faster than the rate a publisher that was held up catches up. All at once would be a burst that no
    /// rate has.
    private static let catchUp = 4

    private let start: UInt64
    private let rate: Int
    private let count: Int
    private(set) var published = 0
    private var lastTake: UInt64

    /// - Parameters:
    ///   - start: when the first message is due, in nanoseconds.
    ///   - rate: messages a second.
    ///   - count: how many there are.
    init(start: UInt64, rate: Int, count: Int) {
        self.start = start
        self.rate = rate
        self.count = count
        lastTake = start
    }

    var isComplete: Bool { published == count }

    /// When message `number`, counted from 0, is due, in nanoseconds.
    func due(_ number: Int) -> UInt64 {
        start + UInt64(number) * 1_000_000_000 / UInt64(rate)
    }

    /// The messages to publish now.
    mutating func take(at now: UInt64) -> Range<Int> {
        let elapsed = now > lastTake ? now - lastTake : 0
        // A millisecond's worth, however long it was held up.
        let share = Int(min(elapsed, 1_000_000)) * rate / 1_000_000_000
        let most = Self.catchUp * max(1, share)
        let first = published
        while published < count, published - first < most, due(published) <= now { published += 1 }
        lastTake = now
        return first..<published
    }
}
