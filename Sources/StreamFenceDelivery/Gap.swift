/// A loss that a client is told of before the message that follows it.
package final class Gap: Sendable {
    /// How many messages are missing.
    package let dropped: Int
    /// Why the first of them is.
    package let reason: Reason

    /// What a client is told.
    package enum Reason: String, Sendable, CaseIterable {
        /// The lane had no room, or its spill store lost the message.
        case overflow
        /// Older than `messageTTLMs`.
        case expired
        /// Not acknowledged after all retries.
        case retryExhausted = "retry_exhausted"
    }

    package init(dropped: Int, reason: Reason) {
        self.dropped = dropped
        self.reason = reason
    }

    /// Both losses as one, this one being the earlier.
    func and(_ later: Gap?) -> Gap {
        guard let later else { return self }
        return Gap(dropped: dropped + later.dropped, reason: reason)
    }
}

extension Gap? {
    /// This loss, if there is one, and `later` behind it.
    mutating func add(_ later: Gap?) {
        guard let later else { return }
        self = self?.and(later) ?? later
    }
}
