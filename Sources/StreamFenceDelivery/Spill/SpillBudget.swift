import Synchronization

/// What a server's lanes may have in spill stores together. Used by all event loops at once.
package final class SpillBudget: Sendable {
    /// The most bytes in stores, those that wait to be written included.
    let maxStored: Int
    /// The most bytes that may wait in memory to be written.
    let maxPending: Int
    private let storedBytes = Atomic(0)
    private let pendingBytes = Atomic(0)

    /// - Parameters:
    ///   - maxStored: in bytes, over all stores of the server.
    ///   - maxPending: in bytes, over all stores of the server.
    package init(maxStored: Int, maxPending: Int) {
        self.maxStored = maxStored
        self.maxPending = maxPending
    }

    /// What is in stores or waits to be written to them, in encoded bytes.
    package var stored: Int { storedBytes.load(ordering: .relaxed) }
    /// What waits in memory to be written, in encoded bytes.
    package var pending: Int { pendingBytes.load(ordering: .relaxed) }

    /// Takes room for a message that is to be spilled.
    ///
    /// - Returns: the limit that has none, if so.
    func take(_ bytes: Int) -> OverflowReason? {
        guard pendingBytes.wrappingAdd(bytes, ordering: .relaxed).newValue <= maxPending else {
            pendingBytes.wrappingSubtract(bytes, ordering: .relaxed)
            return .spillPending
        }
        guard storedBytes.wrappingAdd(bytes, ordering: .relaxed).newValue <= maxStored else {
            pendingBytes.wrappingSubtract(bytes, ordering: .relaxed)
            storedBytes.wrappingSubtract(bytes, ordering: .relaxed)
            return .spillQuota
        }
        return nil
    }

    /// These no longer wait to be written: they are, or never will be.
    func settlePending(_ bytes: Int) {
        pendingBytes.wrappingSubtract(bytes, ordering: .relaxed)
    }

    /// These are in no store any more.
    func giveBackStored(_ bytes: Int) {
        storedBytes.wrappingSubtract(bytes, ordering: .relaxed)
    }
}
