import NIOCore

/// How much one connection may send: messages and bytes per second, each by a token bucket that holds one second's worth.
///
/// What goes beyond is to be refused, and still counts: a connection that is in debt by another second's worth does not listen,
/// and is to be closed. Owned by the connection's event loop.
package final class InboundMeter {
    /// What to do with what has arrived.
    package enum Verdict: Int, Comparable {
        case within, beyond, farBeyond

        package static func < (one: Verdict, other: Verdict) -> Bool { one.rawValue < other.rawValue }
    }

    private var messages: Bucket?
    private var bytes: Bucket?
    private let now: @Sendable () -> NIODeadline

    private struct Bucket {
        let perSecond: Double
        var tokens: Double
        var filled: NIODeadline

        init(perSecond: Int, at time: NIODeadline) {
            self.perSecond = Double(perSecond)
            tokens = Double(perSecond)
            filled = time
        }

        mutating func take(_ number: Int, at time: NIODeadline) -> Verdict {
            let elapsed = Double((time - filled).nanoseconds) / 1e9
            tokens = min(perSecond, tokens + elapsed * perSecond) - Double(number)
            filled = time
            return tokens >= 0 ? .within : tokens >= -perSecond ? .beyond : .farBeyond
        }
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
        messages = messagesPerSecond.map { Bucket(perSecond: $0, at: time) }
        bytes = bytesPerSecond.map { Bucket(perSecond: $0, at: time) }
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
        return max(messages?.take(1, at: time) ?? .within, bytes?.take(count, at: time) ?? .within)
    }
}
