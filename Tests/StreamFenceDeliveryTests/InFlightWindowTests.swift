import NIOCore
import StreamFenceTestSupport
import Testing

@testable import StreamFenceDelivery

@Suite("The window of messages in flight")
struct InFlightWindowTests {
    /// A message in flight as a plain list has it.
    private struct Plain {
        let text: String
        let slot: Int
        var retries = 0
        var deadline: Int?
        var isDue = false
    }

    private let settings = AcknowledgementSettings.waiting(
        retries: 9,
        .nanoseconds(5),
        multiplier: 2,
        atMost: .nanoseconds(30)
    )
    private let delays = [5, 10, 20, 30]

    @Test("Does what a plain list does, whatever the order of flushes, acknowledgements and retries")
    func plainList() {
        let seed = printedSeed()
        var generator = SeededGenerator(seed: seed)
        var window = InFlightWindow()
        var expected: [Plain] = []
        var now = 0
        for step in 0..<20_000 {
            let comment: Comment = "STREAMFENCE_SEED=\(seed), step \(step)"
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<3 where expected.count < 20:
                let message = Message("\(step)", publishedAt: .distantPast)
                let slot = window.insert(message, position: nil)
                #expect(!expected.contains { $0.slot == slot }, comment)
                expected.append(Plain(text: "\(step)", slot: slot))
            case 3..<5 where !expected.isEmpty:
                let index = Int.random(in: 0..<expected.count, using: &generator)
                let removed = window.remove(expected[index].slot)
                #expect(removed?.message?.name == expected[index].text, comment)
                #expect(removed?.retries == expected[index].retries, comment)
                #expect(window.remove(expected[index].slot) == nil, comment)
                expected.remove(at: index)
            case 5..<7:
                window.flushed(at: .uptimeNanoseconds(UInt64(now)), settings.delay)
                for index in expected.indices where expected[index].deadline == nil && !expected[index].isDue {
                    expected[index].deadline = now + delays[min(expected[index].retries, 3)]
                }
            case 7:
                if let slot = window.takeDue() {
                    // The first that became due, which is the first in the list.
                    let index = expected.firstIndex { $0.isDue } ?? 0
                    #expect(expected[index].slot == slot, comment)
                    var sent = expected.remove(at: index)
                    sent.isDue = false
                    sent.retries += 1
                    #expect(window[slot].retries == sent.retries, comment)
                    expected.append(sent)
                } else {
                    #expect(!expected.contains { $0.isDue }, comment)
                }
            default:
                now += Int.random(in: 0...6, using: &generator)
                takeOverdue(&window, &expected, now, comment)
            }
            #expect(window.count == expected.count, comment)
            #expect(window.bytes == expected.reduce(0) { $0 + $1.text.utf8.count }, comment)
            #expect(window.hasDue == expected.contains { $0.isDue }, comment)
            let earliest = expected.compactMap(\.deadline).min()
            #expect(window.earliestDeadline?.uptimeNanoseconds == earliest.map { UInt64($0) }, comment)
        }
        #expect(window.removeAll().map(\.name).sorted() == expected.map(\.text).sorted())
        #expect(window.isEmpty)
    }

    /// Those that become due go behind those that are, in the order the window gives them.
    private func takeOverdue(_ window: inout InFlightWindow, _ expected: inout [Plain], _ now: Int, _ comment: Comment)
    {
        while let slot = window.takeOverdue(at: .uptimeNanoseconds(UInt64(now))) {
            guard let index = expected.firstIndex(where: { $0.slot == slot }) else {
                Issue.record(comment)
                return
            }
            #expect(expected[index].deadline ?? .max <= now, comment)
            var due = expected.remove(at: index)
            due.deadline = nil
            due.isDue = true
            expected.append(due)
        }
        #expect(expected.compactMap(\.deadline).min() ?? .max > now, comment)
    }

    @Test(
        "Waits grow by the factor up to the longest, and stay of one length with the factor 1",
        arguments: [
            (1.0, 60, [1, 1, 1, 1]), (2.0, 60, [1, 2, 4, 8]), (2.0, 5, [1, 2, 4, 5]), (3.0, 1, [1, 1, 1, 1]),
            (1e300, 60, [1, 60, 60, 60]),
        ]
    )
    func delays(multiplier: Double, longest: Int64, expected: [Int64]) {
        let settings = AcknowledgementSettings.waiting(
            retries: 3,
            .seconds(1),
            multiplier: multiplier,
            atMost: .seconds(longest)
        )
        #expect((0...3).map { settings.delay(after: $0).time } == expected.map { .seconds($0) })
    }
}
