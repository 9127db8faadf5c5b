import StreamFencePluginKit

/// `drop-lowest-priority`: makes room by evicting the message of the lowest priority, of those the oldest.
///
/// 1. A message's priority is a number in its payload. It is read once, when the message is published; `decide` then looks at one
///    number a message, so that a lane of 10,000 is decided on in some tens of microseconds.
/// 2. Nothing is evicted for a newcomer that would find no room all the same: the messages that may go, those of its priority or
///    a lower one, have to hold enough bytes.
/// 3. A decision evicts one message. A newcomer that needs the room of several is decided on once for each.
struct DropLowestPriority: OverflowPolicy {
    /// Where the priority stands in the payload.
    let priority: JSONPointer

    func rank(payload: UnsafeRawBufferPointer, key: String?) -> Int64 {
        var scanner = JSONScanner(payload)
        return scanner.find(priority) ? scanner.readNumber() ?? 0 : 0
    }

    func decide(_ overflow: borrowing Overflow) -> OverflowDecision {
        let lane = overflow.lane
        let newcomer = lane.rank(at: nil)
        // How many bytes have to be freed. If those that may go hold fewer, the first would be lost for nothing.
        var missing = overflow.newcomerBytes - (overflow.maxBytes - overflow.queuedBytes)
        var lowest = Int64.max
        var index: Int?
        for candidate in 0..<overflow.count {
            let rank = lane.rank(at: candidate)
            if missing > 0, rank <= newcomer { missing -= lane.bytes(at: candidate) }
            // The first one counts even if it has the highest number there is; of equals the oldest stays.
            if rank < lowest || index == nil {
                (lowest, index) = (rank, candidate)
            }
        }
        guard let index else { return .reject(reason: "nothing waits that could make room") }
        guard newcomer >= lowest else {
            return .reject(reason: "the priority is lower than that of every message that waits")
        }
        guard missing <= 0 else {
            return .reject(reason: "the messages of this or a lower priority are too small to make room")
        }
        return .evict(at: index)
    }
}
