import NIOCore
import StreamFenceTestSupport
import Testing

@testable import StreamFenceDelivery

@Suite("The ring of a lane's entries")
struct EntryRingTests {
    @Test("Holds what an array would, in its order, whatever is appended and removed, and nothing longer than that")
    func likeAnArray() {
        let seed = printedSeed()
        var generator = SeededGenerator(seed: seed)
        var ring = EntryRing()
        var expected: [UInt64] = []
        var alive = Alive()
        for number in 0..<20_000 as Range<UInt64> {
            // It fills up to some hundreds now and then, and is empty again.
            let grows = (number / 500).isMultiple(of: 2)
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<(grows ? 7 : 3):
                ring.append(LaneQueue.Entry(message: alive.message(number), gap: nil, position: number))
                expected.append(number)
            case 7 where !expected.isEmpty:
                let index = Int.random(in: 0..<expected.count, using: &generator)
                #expect(ring.remove(at: index).position == expected.remove(at: index))
            case 8..<10:
                #expect(ring.popFirst()?.position == expected.first)
                expected = Array(expected.dropFirst())
            default:
                break
            }
            #expect(ring.count == expected.count, "STREAMFENCE_SEED=\(seed), step \(number)")
            guard number.isMultiple(of: 50) else { continue }
            #expect((0..<ring.count).map { ring[$0].position } == expected)
            #expect((0..<ring.count).map { ring.message(at: $0) { $0.rank } } == expected.map(Int64.init))
            #expect(alive.count == expected.count)
        }
        ring = EntryRing()
        #expect(alive.count == 0)
    }
}

/// Messages that somebody else holds.
private struct Alive {
    private struct Weak {
        weak var message: Message?
    }

    private var all: [Weak] = []

    mutating func message(_ number: UInt64) -> Message {
        let message = Message(
            content: Text(["\(number)"]),
            bytes: 1,
            key: nil,
            rank: Int64(number),
            number: number,
            publishedAt: .distantPast
        )
        all.append(Weak(message: message))
        return message
    }

    /// How many there are still.
    var count: Int {
        mutating get {
            all.removeAll { $0.message == nil }
            return all.count
        }
    }
}
