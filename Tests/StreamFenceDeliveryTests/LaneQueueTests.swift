import NIOCore
import StreamFenceTestSupport
import Testing

@testable import StreamFenceDelivery

@Suite("The queue of a lane")
struct LaneQueueTests {
    @Test("Knows the newest of each key and its bytes as a search finds them, whatever is taken out or replaced")
    func index() {
        let seed = printedSeed()
        var generator = SeededGenerator(seed: seed)
        var queue = LaneQueue()
        var expected: [(text: String, key: String?)] = []
        for step in 0..<20_000 {
            let text = String(repeating: "x", count: Int.random(in: 1...9, using: &generator))
            let key = ["red", "green", "blue", nil].randomElement(using: &generator) ?? nil
            let message = Message(text, key: key, publishedAt: .distantPast)
            switch Int.random(in: 0..<12, using: &generator) {
            case 0..<4:
                queue.append(LaneQueue.Entry(message: message, gap: nil))
                expected.append((text, key))
            case 4..<7:
                let first = queue.popFirst()
                #expect(first?.message.key == expected.first?.key)
                if !expected.isEmpty { expected.removeFirst() }
            case 7 where !expected.isEmpty:
                let index = Int.random(in: 0..<expected.count, using: &generator)
                #expect(queue.remove(at: index).message.bytes == expected[index].text.utf8.count)
                expected.remove(at: index)
            case 8..<10 where !expected.isEmpty:
                let index = Int.random(in: 0..<expected.count, using: &generator)
                queue.replace(at: index, with: message)
                expected[index] = (text, key)
            case 10 where generator.chance(10):
                #expect(queue.removeAll().count == expected.count)
                expected = []
            default:
                break
            }
            let asked = ["red", "green", "blue", nil].randomElement(using: &generator) ?? nil
            let found = queue.lastIndex(ofKey: asked)
            #expect(found == expected.lastIndex { $0.key == asked }, "STREAMFENCE_SEED=\(seed), step \(step)")
            #expect(queue.bytes == expected.reduce(0) { $0 + $1.text.utf8.count })
            #expect(queue.count == expected.count)
            guard let index = expected.indices.randomElement(using: &generator) else { continue }
            #expect(queue[index].message.key == expected[index].key)
            #expect(queue.bytes(at: index) == expected[index].text.utf8.count)
        }
    }

    @Test("A replaced message is in no store any more, and what was lost before it stays")
    func replaced() {
        var queue = LaneQueue()
        let gap = Gap(dropped: 3, reason: .overflow)
        queue.append(LaneQueue.Entry(message: Message("1", publishedAt: .distantPast), gap: gap, position: 7))
        queue.replace(at: 0, with: Message("2", publishedAt: .distantPast))
        #expect(queue[0].position == nil)
        #expect(queue[0].gap?.dropped == 3)
    }
}
