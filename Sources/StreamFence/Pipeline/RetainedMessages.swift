import DequeModule
import StreamFenceDelivery

/// The latest messages of a topic, for who subscribes next.
struct RetainedMessages {
    private let maxMessages: Int
    private let maxBytes: Int
    private var latest: Deque<Message> = []
    private var bytes = 0

    /// - Parameters:
    ///   - maxMessages: default 0, nothing is retained.
    ///   - maxBytes: no more than a new subscriber could hold, in encoded bytes.
    init(maxMessages: Int = 0, maxBytes: Int = 0) {
        self.maxMessages = maxMessages
        self.maxBytes = maxBytes
    }

    /// Oldest first.
    var messages: [Message] { Array(latest) }

    mutating func append(_ message: Message) {
        guard maxMessages > 0 else { return }
        latest.append(message)
        bytes += message.bytes
        while latest.count > maxMessages || bytes > maxBytes, let oldest = latest.popFirst() {
            bytes -= oldest.bytes
        }
    }
}
