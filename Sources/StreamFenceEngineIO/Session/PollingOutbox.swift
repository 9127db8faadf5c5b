import NIOCore

/// What waits for the next GET of a polling session, in order.
struct PollingOutbox {
    private var messages: [EncodedMessage] = []
    /// The encoded size of all waiting messages in bytes.
    private(set) var count = 0

    var isEmpty: Bool { messages.isEmpty }

    mutating func append(_ message: EncodedMessage) {
        messages.append(message)
        count += message.count
    }

    /// Takes as many messages as fit into a body of `limit` bytes, at least one, as that body; nil if there are none.
    mutating func takeBody(limit: Int) -> ByteBuffer? {
        guard !messages.isEmpty else { return nil }
        var body = ByteBuffer()
        var taken = 0
        for message in messages {
            let payload = message.pollingPayload
            if taken > 0, body.readableBytes + 1 + payload.readableBytes > limit { break }
            if taken > 0 { body.writeInteger(PollingPayload.separator) }
            body.writeImmutableBuffer(payload)
            taken += 1
            count -= message.count
        }
        messages.removeFirst(taken)
        return body
    }

    /// Takes everything as the answers to the next GETs, the last of which closes.
    ///
    /// Not in one body: the official client acts on a close packet at once, and only then on the messages before it in the same
    /// body, of which its application so never hears.
    mutating func takeAllAndClose() -> [EngineIOResponse] {
        [takeBody(limit: .max).map { .payload($0) }, .closePayload].compactMap { $0 }
    }

    /// Takes everything, for a transport that sends messages singly.
    mutating func takeAll() -> [EncodedMessage] {
        defer { self = PollingOutbox() }
        return messages
    }
}
