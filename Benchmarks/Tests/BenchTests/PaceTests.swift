import Testing

@testable import bench

@Suite("A fixed rate")
struct PaceTests {
    private let second: UInt64 = 1_000_000_000

    @Test("Messages are due one after the other, and none before that")
    func due() {
        var pace = Pace(start: 5 * second, rate: 1000, count: 10)
        #expect(pace.due(0) == 5 * second)
        #expect(pace.due(3) == 5 * second + 3_000_000)
        #expect(pace.take(at: 5 * second - 1).isEmpty)
        #expect(pace.take(at: 5 * second) == 0..<1)
        #expect(pace.take(at: 5 * second).isEmpty)
        #expect(pace.take(at: 5 * second + 2_500_000) == 1..<3)
    }

    @Test("A publisher that was held up catches up in steps and not at once, and is never ahead")
    func catchingUp() {
        var pace = Pace(start: 0, rate: 10_000, count: 1_000_000)
        var now = second
        #expect(pace.take(at: now).count == 40)
        var ticks = 1
        while pace.due(pace.published) <= now {
            now += second / 1000
            ticks += 1
            #expect(pace.take(at: now).count <= 40)
        }
        // Four times as fast as the rate, which goes on: a third of the second that it was held up.
        #expect((300...400).contains(ticks))
        #expect(pace.published == Int(now / 100_000) + 1)
    }

    @Test("It ends with the last message")
    func end() {
        var pace = Pace(start: 0, rate: 1, count: 2)
        #expect(pace.take(at: 0) == 0..<1)
        #expect(!pace.isComplete)
        #expect(pace.take(at: 9 * second) == 1..<2)
        #expect(pace.isComplete)
        #expect(pace.take(at: 99 * second).isEmpty)
    }
}

@Suite("Latencies by the second")
struct LatencyBySecondTests {
    @Test("A bad second does not move the median of the seconds, and shows in the whole")
    func badSecond() throws {
        var latencies = LatencyBySecond(start: 0)
        for second in 0..<5 {
            for message in 0..<100 {
                let now = UInt64(second) * 1_000_000_000 + UInt64(message)
                latencies.record(second == 2 ? 90_000_000 : 100, at: now)
            }
        }
        #expect(latencies.medianP99 == 100)
        #expect(try #require(latencies.all.percentile(0.99)) >= 90_000_000)
        #expect(latencies.all.count == 500)
    }

    @Test("Seconds in which nothing came don't count, and without any there is no median")
    func gaps() {
        var latencies = LatencyBySecond(start: 0)
        #expect(latencies.medianP99 == nil)
        latencies.record(10, at: 1)
        latencies.record(30, at: 7_500_000_000)
        #expect(latencies.medianP99 == 20)
        latencies.record(30, at: 8_000_000_000)
        #expect(latencies.medianP99 == 30)
    }
}
