import NIOCore
import StreamFenceDelivery
import StreamFenceEngineIO
import StreamFenceSocketIO
import Synchronization

/// One topic of a namespace: how its messages are encoded, who handles inbound ones, what is counted.
final class Topic: Sendable {
    let name: String
    /// Where the topic stands in its namespace's list.
    let index: Int
    let inbound = InboundTopic()
    /// What was published to subscribers, by the application and by clients: once per publish.
    let published = MessageCounter()
    /// One for each event loop, in the order of the namespace's shards.
    let counters: [LaneCounters]
    private let namespace: String
    /// A message of JSON alone, up to its payload: `2/feed,["snapshot",`.
    private let prefix: ByteBuffer

    init(name: String, index: Int, namespace: String, shardCount: Int) {
        self.name = name
        self.index = index
        self.namespace = namespace
        counters = (0..<shardCount).map { _ in LaneCounters() }
        prefix = Self.prefix(name, namespace: namespace, attachments: 0)
    }

    private static func prefix(_ topic: String, namespace: String, attachments: Int) -> ByteBuffer {
        var text = SocketPacketEncoder.eventText(
            namespace: namespace,
            event: topic,
            arguments: [],
            attachments: attachments
        )
        text.moveWriterIndex(to: text.writerIndex - 1)
        text.writeInteger(UInt8(ascii: ","))
        return text
    }

    private static let suffix = ByteBuffer(string: "]")

    /// The message that carries `payload` to every subscriber, encoded once.
    func message(_ payload: MessagePayload, key: String?) -> Message {
        let attachments = payload.attachments
        let encoded = EncodedMessage(
            text: attachments.isEmpty
                ? prefix : Self.prefix(name, namespace: namespace, attachments: attachments.count),
            payload.json.buffer,
            Self.suffix,
            attachments: attachments
        )
        return Message(content: encoded, bytes: encoded.count, key: key)
    }
}

extension EncodedMessage: MessageContent {
    package func joined(with others: [any MessageContent]) -> any MessageContent {
        EncodedMessage(joining: [self] + others.map(Self.of))
    }

    /// What a topic's message carries: topics make no other content, and the delivery engine passes it through.
    static func of(_ content: any MessageContent) -> EncodedMessage {
        unsafeDowncast(content, to: EncodedMessage.self)
    }
}
