import Synchronization

/// What the lanes of all clients of a server may hold together: `maxQueuedBytes`.
///
/// A message counts once for each lane that holds it. As the budget fills up, what one client may hold shrinks: to
/// ``share`` times of what is left. So the clients with the largest backlog find no room first, the others still do, and
/// nobody has to be searched for or remembered. (The dynamic thresholds of shared-memory switches, Choudhury and Hahne
/// 1998.)
///
/// Used by all event loops at once: two loops may each take the last bytes, and the limit be passed by a message each.
package final class MemoryBudget: Sendable {
    /// In bytes.
    package let limit: Int
    private let taken = Atomic(0)

    /// How many times of what is left a client may hold. A single slow client gets 16/17 of the budget.
    static let share = 16

    /// The largest limit: more than any machine has, and small enough to be counted with.
    package static let maxLimit = 1 << 50

    /// - Parameter limit: in bytes, at most ``maxLimit``.
    package init(limit: Int) {
        self.limit = min(limit, Self.maxLimit)
    }

    /// What all lanes hold, in bytes.
    package var held: Int { taken.load(ordering: .relaxed) }

    func take(_ bytes: Int) {
        taken.wrappingAdd(bytes, ordering: .relaxed)
    }

    func giveBack(_ bytes: Int) {
        taken.wrappingSubtract(bytes, ordering: .relaxed)
    }

    /// How many bytes a client that holds `queued` has to give up before it may have `bytes` more; 0 if it may at once.
    func excess(queued: Int, adding bytes: Int) -> Int {
        let free = limit - held
        // Each byte given up is one less held, and one more that is free.
        let beyondFree = bytes - free
        let beyondShare = queued + bytes - Self.share * max(0, free)
        let forShare = beyondShare <= 0 ? 0 : (beyondShare + Self.share) / (Self.share + 1)
        return max(0, beyondFree, forShare)
    }
}
