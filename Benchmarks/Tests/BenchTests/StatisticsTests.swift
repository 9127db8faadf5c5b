import Testing

@testable import bench

@Suite("Percentiles")
struct LatencyHistogramTests {
    private func histogram(_ values: some Sequence<UInt64>) -> LatencyHistogram {
        var histogram = LatencyHistogram()
        for value in values { histogram.record(value) }
        return histogram
    }

    @Test("Without values there is no percentile")
    func empty() {
        let histogram = LatencyHistogram()
        #expect(histogram.percentile(0.5) == nil)
        #expect(histogram.max == 0)
        #expect(histogram.count == 0)
    }

    @Test("Of one value all percentiles are that value", arguments: [0, 1, 127, 255, 256, 1_000_003, UInt64.max])
    func one(value: UInt64) {
        let histogram = histogram([value])
        for fraction in [0, 0.5, 0.99, 1] { #expect(histogram.percentile(fraction) == value) }
    }

    @Test("Small values are exact, by the nearest rank")
    func nearestRank() {
        let histogram = histogram((1...100).map { UInt64($0) }.shuffled())
        #expect(histogram.percentile(0) == 1)
        #expect(histogram.percentile(0.5) == 50)
        #expect(histogram.percentile(0.501) == 51)
        #expect(histogram.percentile(0.99) == 99)
        #expect(histogram.percentile(0.999) == 100)
        #expect(histogram.percentile(1) == 100)
    }

    @Test("Large values are at most 1/128 too large, and never too small")
    func precision() throws {
        var generator = SystemRandomNumberGenerator()
        for bits in 1...63 {
            let value = UInt64.random(in: (1 << (UInt64(bits) - 1))...(1 << UInt64(bits)), using: &generator)
            // A larger one beside it, so that the maximum does not hide how coarse the bucket is.
            let found = try #require(histogram([value, .max]).percentile(0.5))
            #expect(found >= value)
            #expect(found - value <= value / 128)
        }
    }

    @Test("A rare outlier shows in the maximum and in its percentile only")
    func outlier() {
        let histogram = histogram(Array(repeating: 100, count: 998) + [90_000_000, 90_000_001])
        #expect(histogram.percentile(0.99) == 100)
        #expect((histogram.percentile(0.999) ?? 0) >= 90_000_000)
        #expect(histogram.max == 90_000_001)
        #expect(histogram.percentile(1) == 90_000_001)
    }
}

@Suite("Median")
struct MedianTests {
    @Test("Of an odd number it is the middle one, of an even number the mean of both, of none nothing")
    func median() {
        #expect([3, 1, 2].median == 2)
        #expect([4, 1, 3, 2].median == 2.5)
        #expect([7].median == 7)
        #expect([Double]().median == nil)
    }
}
