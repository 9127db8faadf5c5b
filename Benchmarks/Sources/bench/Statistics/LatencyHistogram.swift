/// Counts latencies in buckets that are at most 1/128 wide, relative to their value, so that a run of any length
/// costs the same memory and a delivery costs one increment. Keeping each value and sorting them was rejected: it
/// streams megabytes through the generator's cache while it measures.
///
/// Values are in nanoseconds, from 0 on.
struct LatencyHistogram {
    private static let subBucketBits = 7
    private static let subBuckets = 1 << subBucketBits

    private var counts: [UInt64]
    private(set) var count: UInt64 = 0
    /// The largest value, exactly; 0 if there is none.
    private(set) var max: UInt64 = 0

    init() {
        counts = Array(repeating: 0, count: Self.bucket(of: .max) + 1)
    }

    mutating func record(_ value: UInt64) {
        counts[Self.bucket(of: value)] += 1
        count += 1
        if value > max { max = value }
    }

    /// The value that `fraction` of all values do not exceed (the nearest rank), rounded up to its bucket's end; nil if
    /// there are no values.
    ///
    /// - Parameter fraction: from 0 to 1; 0.99 for the 99th percentile.
    func percentile(_ fraction: Double) -> UInt64? {
        guard count > 0 else { return nil }
        let rank = Swift.max(1, UInt64((fraction * Double(count)).rounded(.up)))
        var seen: UInt64 = 0
        for (bucket, inBucket) in counts.enumerated() where inBucket > 0 {
            seen += inBucket
            if seen >= rank { return Swift.min(Self.largestValue(in: bucket), max) }
        }
        return max
    }

    /// Values below 2 * `subBuckets` have a bucket each; from there on each power of two is divided into `subBuckets`.
    private static func bucket(of value: UInt64) -> Int {
        let shift = Swift.max(0, UInt64.bitWidth - value.leadingZeroBitCount - subBucketBits - 1)
        return shift * subBuckets + Int(value >> UInt64(shift))
    }

    private static func largestValue(in bucket: Int) -> UInt64 {
        guard bucket >= 2 * subBuckets else { return UInt64(bucket) }
        let shift = UInt64(bucket / subBuckets - 1)
        let inside = UInt64(bucket % subBuckets + subBuckets)
        return (inside << shift) | ((1 << shift) - 1)
    }
}
