import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension Duration {
    /// Rounded down; the largest number for what is beyond it.
    var wholeMilliseconds: Int {
        let (whole, isTooLarge) = components.seconds.multipliedReportingOverflow(by: 1000)
        let (sum, isStillTooLarge) = whole.addingReportingOverflow(components.attoseconds / 1_000_000_000_000_000)
        return isTooLarge || isStillTooLarge ? .max : Int(sum)
    }

    /// As a configuration says it: a whole number, or what is beyond one.
    var inMilliseconds: String {
        wholeMilliseconds < .max && self == .milliseconds(Int64(wholeMilliseconds)) ? "\(wholeMilliseconds)" : "\(self)"
    }

    /// The wall clock, since 1970-01-01T00:00:00Z.
    static func sinceEpoch() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    }
}
