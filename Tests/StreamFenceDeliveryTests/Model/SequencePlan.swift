import Foundation
import StreamFenceTestSupport

/// How many random sequences a property test runs of a kind: 100,000 over all kinds, or `STREAMFENCE_SEQUENCES` for runs in
/// which each takes longer. One of those that spill takes as long as two others, and there are fewer.
func sequences(of kind: Setup.Kind) -> Range<Int> {
    let total = ProcessInfo.processInfo.environment["STREAMFENCE_SEQUENCES"].flatMap { Int($0) } ?? 100_000
    let shares = Setup.Kind.inMemory.count * 2 + Setup.Kind.spilling.count
    return 0..<max(1, (total * (kind.spills ? 1 : 2) + shares - 1) / shares)
}

/// Draws what happens next.
struct Draw {
    var generator: SeededGenerator
    private var count = 0

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

    mutating func one<Thing>(of things: [Thing]) -> Thing? { things.randomElement(using: &generator) }

    /// A new message on a topic, published now or a little before.
    mutating func sample(_ topic: String, now: Int) -> Sample {
        count += 1
        // Short enough for a string to need no memory of its own.
        let padding = String("xxxxxxxxxx".prefix(number(0...(generator.chance(10) ? 10 : 4))))
        return Sample(
            name: "\(topic)\(count)\(padding)",
            key: one(of: ["red", "green", "blue", nil]) ?? nil,
            number: UInt64(count),
            publishedAt: max(0, now - number(0...1))
        )
    }
}
