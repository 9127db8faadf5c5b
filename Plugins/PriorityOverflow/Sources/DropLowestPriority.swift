import StreamFencePluginKit

/// `drop-lowest-priority`: makes room by evicting the message of the lowest priority, of those the oldest.
///
/// A message's priority is a number in its payload. It is read once, when the message is published; `decide` then looks at one
/// number a message, so that a lane of 10,000 is decided on in some tens of microseconds.
struct DropLowestPriority: OverflowPolicy {
    /// Where the priority stands in the payload.
    let priority: JSONPointer

    func rank(payload: UnsafeRawBufferPointer, key: String?) -> Int64 {
        var scanner = JSONScanner(payload)
        return scanner.find(priority) ? scanner.readNumber() ?? 0 : 0
    }

    func decide(_ overflow: borrowing Overflow) -> OverflowDecision {
        let lane = overflow.lane
        var lowest = Int64.max
        var index: Int?
        for candidate in 0..<overflow.count {
            let rank = lane.rank(at: candidate)
            // The first one counts even if it has the highest number there is; of equals the oldest stays.
            if rank < lowest || index == nil {
                (lowest, index) = (rank, candidate)
            }
        }
        guard let index else { return .reject(reason: "nothing waits that could make room") }
        guard lane.rank(at: nil) >= lowest else {
            return .reject(reason: "the priority is lower than that of every message that waits")
        }
        return .evict(at: index)
    }
}
