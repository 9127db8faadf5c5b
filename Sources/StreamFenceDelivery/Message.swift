import NIOCore

/// A message as lanes hold it: encoded once, shared by the lanes of every recipient.
package final class Message: Sendable {
    /// What is written: opaque here, known to the transport.
    package let content: any MessageContent
    /// The encoded size in bytes, as it counts against the limits.
    package let bytes: Int
    /// What the message is about: given when it was published, or found in its payload; nil for its topic as a whole.
    package let key: String?
    /// The number in the message's id, no other message's of this server.
    package let number: UInt64
    /// Where its payload stands in the bytes of ``content``.
    package let payload: Range<Int>
    /// What the namespace's overflow policy said of it when it was published.
    package let rank: Int64
    /// When it was published, by the event loops' clock.
    package let publishedAt: NIODeadline

    package init(
        content: any MessageContent,
        bytes: Int,
        payload: Range<Int> = 0..<0,
        key: String?,
        rank: Int64 = 0,
        number: UInt64,
        publishedAt: NIODeadline
    ) {
        self.content = content
        self.bytes = bytes
        self.payload = payload
        self.key = key
        self.rank = rank
        self.number = number
        self.publishedAt = publishedAt
    }
}

/// Messages on the same topic that reach the same lanes together, in order; never empty.
package struct MessageBatch {
    package let messages: [Message]
    /// The encoded size of all messages, in bytes.
    let bytes: Int
    /// The encoded size of the largest message, in bytes.
    let largest: Int
    /// All messages as one: what a client gets whose transport can take them at once.
    let joined: any MessageContent

    package init?(_ messages: [Message]) {
        guard let first = messages.first else { return nil }
        self.messages = messages
        bytes = messages.reduce(0) { $0 + $1.bytes }
        largest = messages.reduce(0) { max($0, $1.bytes) }
        joined = messages.count == 1 ? first.content : first.content.joined(with: messages.dropFirst().map(\.content))
    }
}

/// What a transport knows how to write. The delivery engine never looks inside.
package protocol MessageContent: AnyObject, Sendable {
    /// This content and `others` behind it, as one.
    func joined(with others: [any MessageContent]) -> any MessageContent
    /// Calls `body` with a part of its bytes, with nothing where it has no such part.
    func withPayload(_ payload: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Void)
}
