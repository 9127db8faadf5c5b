import NIOCore
import StreamFenceDelivery
import StreamFenceEngineIO
import StreamFenceSocketIO

/// Encodes a topic's messages, once for every recipient: the payload's bytes with the packet around them.
struct MessageEncoder: Sendable {
    private let namespace: String
    private let topic: String
    /// nil for BEST_EFFORT.
    private let ackStyle: AckStyle?
    /// A packet of JSON alone, up to its payload: `2/feed,["snapshot",`; nil if that is not the same for every message.
    private let prefix: ByteBuffer?
    /// What follows the payload, up to the message's id: `,{"namespace":"/alerts",…,"messageId":"`.
    private let metadata: ByteBuffer

    init(namespace: String, topic: String, ackStyle: AckStyle?) {
        self.namespace = namespace
        self.topic = topic
        self.ackStyle = ackStyle
        prefix = ackStyle == .socketio ? nil : Self.prefix(namespace, topic, attachments: 0, id: nil)
        metadata = Self.metadata(namespace, topic)
    }

    /// - Returns: the message, and where in its bytes the payload stands.
    func encode(_ payload: MessagePayload, id: MessageID) -> (message: EncodedMessage, payload: Range<Int>) {
        let attachments = payload.attachments
        let (prefix, json, suffix) = (prefix(attachments: attachments.count, id), payload.json.buffer, suffix(id))
        let message = EncodedMessage(text: prefix, json, suffix, attachments: attachments)
        let start = message.textStart + prefix.readableBytes
        return (message, start..<start + json.readableBytes)
    }

    private func prefix(attachments: Int, _ id: MessageID) -> ByteBuffer {
        if attachments == 0, let prefix { return prefix }
        // The same id for every client: each has its own connection to acknowledge it on.
        let acknowledgementID = ackStyle == .socketio ? UInt64(Message.shortNumber(of: id.number)) : nil
        return Self.prefix(namespace, topic, attachments: attachments, id: acknowledgementID)
    }

    private static func prefix(_ namespace: String, _ topic: String, attachments: Int, id: UInt64?) -> ByteBuffer {
        var text = SocketPacketEncoder.eventText(
            namespace: namespace,
            event: topic,
            arguments: [],
            attachments: attachments,
            id: id
        )
        text.moveWriterIndex(to: text.writerIndex - 1)
        text.writeInteger(UInt8(ascii: ","))
        return text
    }

    private static let bestEffortSuffix = ByteBuffer(string: "]")

    private func suffix(_ id: MessageID) -> ByteBuffer {
        guard ackStyle != nil else { return Self.bestEffortSuffix }
        var text = metadata
        text.writeString(id.description)
        text.writeStaticString("\",\"ackRequired\":true}]")
        return text
    }

    private static func metadata(_ namespace: String, _ topic: String) -> ByteBuffer {
        var text = ByteBuffer(string: ",{\"namespace\":")
        text.writeImmutableBuffer(JSONFragment(string: namespace).buffer)
        text.writeStaticString(",\"topic\":")
        text.writeImmutableBuffer(JSONFragment(string: topic).buffer)
        text.writeStaticString(",\"messageId\":\"")
        return text
    }
}

extension MessageEncoder {
    /// The event that tells a client of a loss: `gap {topic, dropped, reason}`.
    static func gapNotice(namespace: String) -> LaneSettings.GapNotice {
        { topic, gap in
            let arguments = SocketPayload([
                "topic": .string(topic), "dropped": .integer(gap.dropped), "reason": .string(gap.reason.rawValue),
            ])
            let text = SocketPacketEncoder.eventText(
                namespace: namespace,
                event: "gap",
                arguments: arguments.arguments
            )
            let encoded = EncodedMessage(text: text)
            return Message(content: encoded, bytes: encoded.count, key: nil, number: 0, publishedAt: .distantPast)
        }
    }
}

extension EncodedMessage: MessageContent {
    package func joined(with others: [any MessageContent]) -> any MessageContent {
        EncodedMessage(joining: [self] + others.map(Self.of))
    }

    package func withPayload(_ payload: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Void) {
        frames.withUnsafeReadableBytes { bytes in
            body(
                payload.upperBound <= bytes.count
                    ? UnsafeRawBufferPointer(rebasing: bytes[payload]) : UnsafeRawBufferPointer(start: nil, count: 0)
            )
        }
    }

    /// What a topic's message carries: topics make no other content, and the delivery engine passes it through.
    static func of(_ content: any MessageContent) -> EncodedMessage {
        unsafeDowncast(content, to: EncodedMessage.self)
    }
}
