import NIOCore

/// How much one connection may send: messages and bytes per second, each by a token bucket that holds one second's worth. The last
/// message it has room for may be larger than that, and is made up for by those after it.
///
/// What finds no room is to be refused, and counts against the connection's credit instead, another bucket of the same kind: one that uses
/// that up as well does not listen, and is to be closed. Owned by the connection's event loop.
package final class InboundMeter {
    /// What to do with what has arrived.
    package enum Verdict {
        case within, beyond, farBeyond
    }

    private var messages: Allowance?
    private var bytes: Allowance?
    private let now: @Sendable () -> NIODeadline

    private struct Allowance {
        private let perSecond: Double
        private var tokens: Double
        private var credit: Double
        private var filled: NIODeadline

        init(perSecond: Int, at time: NIODeadline) {
            self.perSecond = Double(perSecond)
            tokens = Double(perSecond)
            credit = Double(perSecond)
            filled = time
        }

        var hasRoom: Bool { tokens > 0 }
        var hasCredit: Bool { credit > 0 }

        mutating func fill(at time: NIODeadline) {
            let more = Double((time - filled).nanoseconds) / 1e9 * perSecond
            tokens = min(perSecond, tokens + more)
            credit = min(perSecond, credit + more)
            filled = time
        }

        mutating func take(_ number: Int) { tokens -= Double(number) }
        mutating func refuse(_ number: Int) { credit -= Double(number) }
    }

    /// - Parameters:
    ///   - messagesPerSecond: nil for any number.
    ///   - bytesPerSecond: nil for any number.
    ///   - now: a clock that only goes forward.
    package init(
        messagesPerSecond: Int?,
        bytesPerSecond: Int?,
        now: @escaping @Sendable () -> NIODeadline = { NIODeadline.now() }
    ) {
        self.now = now
        let time = now()
        messages = messagesPerSecond.map { Allowance(perSecond: $0, at: time) }
        bytes = bytesPerSecond.map { Allowance(perSecond: $0, at: time) }
    }

    /// nil where a configuration sets no limit.
    convenience init?(_ configuration: SocketIOConfiguration) {
        let (messages, bytes) = (configuration.inboundMessagesPerSecond, configuration.inboundBytesPerSecond)
        guard messages != nil || bytes != nil else { return nil }
        self.init(messagesPerSecond: messages, bytesPerSecond: bytes)
    }

    /// One more message.
    package func take(bytes count: Int) -> Verdict {
        let time = now()
        messages?.fill(at: time)
        bytes?.fill(at: time)
        if messages?.hasRoom ?? true, bytes?.hasRoom ?? true {
            messages?.take(1)
            bytes?.take(count)
            return .within
        }
        let hasCredit = messages?.hasCredit ?? true && bytes?.hasCredit ?? true
        messages?.refuse(1)
        bytes?.refuse(count)
        return hasCredit ? .beyond : .farBeyond
    }
}
