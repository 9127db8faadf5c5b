import NIOCore

/// How a namespace's AT_LEAST_ONCE messages are sent again until they are acknowledged.
package struct AcknowledgementSettings: Sendable {
    /// How many messages of a lane may await their acknowledgement at once.
    let maxInFlight: Int
    /// How often a message is sent again.
    let maxRetries: Int
    /// How long to wait before each retry, by how many went before; the last one stands for all further ones.
    private let delays: [TimeAmount]

    /// - Parameters:
    ///   - timeout: how long to wait for an acknowledgement after the message was flushed.
    ///   - multiplier: what each wait is longer than the one before by; 1 for waits of the same length.
    ///   - maxDelay: the longest wait.
    package init(maxInFlight: Int, maxRetries: Int, timeout: TimeAmount, multiplier: Double, maxDelay: TimeAmount) {
        self.maxInFlight = maxInFlight
        self.maxRetries = maxRetries
        var delays = [timeout]
        while multiplier > 1, let last = delays.last, last < maxDelay, delays.count <= maxRetries, delays.count < 64 {
            let next = Double(last.nanoseconds) * multiplier
            delays.append(next < Double(maxDelay.nanoseconds) ? .nanoseconds(Int64(next)) : maxDelay)
        }
        self.delays = delays
    }

    /// How long to wait for the acknowledgement of a message that was sent again `retries` times, and which of all such
    /// waits that is.
    func delay(after retries: Int) -> (list: Int, time: TimeAmount) {
        let index = min(retries, delays.count - 1)
        return (index, delays[index])
    }
}

/// What became of an acknowledgement.
package enum AcknowledgementOutcome: Sendable {
    /// The message is acknowledged, and its place in the window free.
    case accepted
    /// The message was acknowledged before, or given up.
    case stale
    /// No such message was sent to this client on this topic.
    case foreign
}
