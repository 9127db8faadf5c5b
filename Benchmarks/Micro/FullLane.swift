import NIOEmbedded
import StreamFenceDelivery
import StreamFencePluginKit

/// A lane of a client that does not read: everything offered to it is an overflow.
struct FullLane {
    private let lane: Lane
    private let message: MessageBatch
    // The lane does not keep its client.
    private let lanes: ClientLanes

    /// - Parameter messages: how many the lane holds.
    init(deciding policy: any OverflowPolicy, messages: Int) {
        let loop = DeliveryLoop(eventLoop: EmbeddedEventLoop())
        let settings = LaneSettings(
            namespace: "/feed",
            maxMessages: messages,
            maxBytes: .max / 4,
            policy: policy,
            memory: MemoryBudget(limit: MemoryBudget.maxLimit)
        )
        let writer = ConnectionWriter(transport: Stuck(), loop: loop)
        lanes = ClientLanes(id: "paused", settings: settings, writer: writer, loop: loop) { _ in }
        lane = lanes.open(0, named: "quotes", counters: LaneCounters())
        let newcomer = Message(
            content: Payload(),
            bytes: 1024,
            key: "a key of more than fifteen bytes",
            number: 1,
            publishedAt: loop.eventLoop.now
        )
        guard let message = MessageBatch([newcomer]) else { preconditionFailure("one message is a batch") }
        self.message = message
        offer(messages)
    }

    /// Offers so many messages, one by one.
    func offer(_ count: Int) {
        for _ in 0..<count { lane.offer(message) }
    }
}

/// A connection that takes nothing.
private final class Stuck: LaneTransport {
    let room = 0
    let hasUnsent = true
    func write(_ content: any MessageContent) {}
    func flush() {}
}

private final class Payload: MessageContent {
    func joined(with others: [any MessageContent]) -> any MessageContent { self }
    func withPayload(_ payload: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Void) {
        body(UnsafeRawBufferPointer(start: nil, count: 0))
    }
}
