import DequeModule
import NIOCore

/// What waits for the next GET of a polling session, in order.
struct PollingOutbox {
    private var messages: Deque<EncodedMessage> = []
    /// The encoded size of all waiting messages in bytes.
    private(set) var count = 0
    /// How many packets all waiting messages are.
    private(set) var packetCount = 0

    var isEmpty: Bool { messages.isEmpty }

    mutating func append(_ message: EncodedMessage) {
        messages.append(message)
        count += message.count
        packetCount += message.packetCount
    }

    /// Takes as many messages as fit into one answer, at least one, as its body; nil if there are none.
    mutating func takeBody(maxBytes: Int, maxPackets: Int) -> ByteBuffer? {
        guard !messages.isEmpty else { return nil }
        var body = ByteBuffer()
        var (taken, packets) = (0, 0)
        for message in messages {
            let payload = message.pollingPayload
            if taken > 0 {
                guard body.readableBytes + 1 + payload.readableBytes <= maxBytes,
                    packets + message.packetCount <= maxPackets
                else { break }
                body.writeInteger(PollingPayload.separator)
            }
            body.writeImmutableBuffer(payload)
            taken += 1
            packets += message.packetCount
            count -= message.count
        }
        packetCount -= packets
        messages.removeFirst(taken)
        return body
    }

    /// Takes everything as the answers to the next GETs, the last of which closes.
    ///
    /// Not in one body: the official client acts on a close packet at once, and only then on the messages before it in the same
    /// body, of which its application so never hears.
    mutating func takeAllAndClose(maxPackets: Int) -> [EngineIOResponse] {
        var answers: [EngineIOResponse] = []
        while let body = takeBody(maxBytes: .max, maxPackets: maxPackets) { answers.append(.payload(body)) }
        return answers + [.closePayload]
    }

    /// Takes everything, for a transport that sends messages singly.
    mutating func takeAll() -> [EncodedMessage] {
        defer { self = PollingOutbox() }
        return Array(messages)
    }
}
