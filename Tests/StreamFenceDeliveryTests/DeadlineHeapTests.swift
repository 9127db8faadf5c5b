import NIOCore
import NIOEmbedded
import StreamFenceTestSupport
import Testing

@testable import StreamFenceDelivery

@Suite("Who is to be woken first")
struct DeadlineHeapTests {
    @Test("Lanes come out as a sorted array has them, however they were moved and taken out")
    func sorted() {
        let seed = printedSeed()
        let subscriber = Subscriber()
        let lanes = (0..<40).map { Lane(topic: "\($0)", client: subscriber.lanes, counters: LaneCounters()) }
        var generator = SeededGenerator(seed: seed)
        var heap = DeadlineHeap()
        var expected: [String: Int] = [:]
        for step in 0..<20_000 {
            let lane = lanes[Int.random(in: 0..<lanes.count, using: &generator)]
            switch Int.random(in: 0..<8, using: &generator) {
            case 0..<5:
                let time = Int.random(in: 0..<30, using: &generator)
                heap.set(.uptimeNanoseconds(UInt64(time)), for: lane)
                expected[lane.topic] = time
            case 5:
                heap.remove(lane)
                expected[lane.topic] = nil
            default:
                let now = Int.random(in: 0..<12, using: &generator)
                while let due = heap.popDue(at: .uptimeNanoseconds(UInt64(now))) {
                    #expect(expected[due.topic] == expected.values.min(), "STREAMFENCE_SEED=\(seed), step \(step)")
                    expected[due.topic] = nil
                }
                #expect(expected.values.min() ?? .max > now, "STREAMFENCE_SEED=\(seed), step \(step)")
            }
            #expect(heap.count == expected.count)
            #expect(heap.earliest?.uptimeNanoseconds == expected.values.min().map { UInt64($0) })
            #expect(heap.deadline(of: lane)?.uptimeNanoseconds == expected[lane.topic].map { UInt64($0) })
        }
    }
}
