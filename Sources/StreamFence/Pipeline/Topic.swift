import NIOCore
import StreamFenceDelivery
import StreamFencePluginKit
import StreamFenceSocketIO

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
    private let encoder: MessageEncoder
    private let coalesceKey: JSONPointer?
    private let policy: any OverflowPolicy

    /// - Parameters:
    ///   - configuration: that of its namespace; valid.
    ///   - policy: that of its namespace.
    init(
        name: String,
        index: Int,
        shardCount: Int,
        configuration: NamespaceConfiguration,
        policy: any OverflowPolicy
    ) {
        self.name = name
        self.index = index
        self.policy = policy
        encoder = MessageEncoder(
            namespace: configuration.path,
            topic: name,
            ackStyle: configuration.deliveryMode == .atLeastOnce ? configuration.ackStyle : nil
        )
        coalesceKey = configuration.coalesceKey.flatMap { try? JSONPointer($0) }
        counters = (0..<shardCount).map { _ in LaneCounters() }
    }

    /// A counter's value over all event loops.
    func sum(_ value: (LaneCounters) -> Int) -> Int { counters.reduce(0) { $0 + value($1) } }

    /// The message that carries `payload` to every subscriber, encoded once.
    ///
    /// - Parameter key: what the message is about; by default what the namespace's `coalesceKey` finds in the payload.
    func message(_ payload: MessagePayload, id: MessageID, key: String?) -> Message {
        let (encoded, place) = encoder.encode(payload, id: id)
        let key = key ?? coalesceKey?.coalesceKeyText(in: payload.json)
        return Message(
            content: encoded,
            // A key is as long as whoever publishes likes, and held as long as the message is.
            bytes: encoded.count + (key?.utf8.count ?? 0),
            payload: place,
            key: key,
            rank: payload.json.buffer.withUnsafeReadableBytes { policy.rank(payload: $0, key: key) },
            number: id.number,
            publishedAt: .now()
        )
    }
}
