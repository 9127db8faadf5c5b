import StreamFencePluginKit

/// What a policy sees of a lane that has no room for a message.
struct OverflowingLane: OverflowQueue {
    let lane: Lane
    let message: Message

    var namespace: String { lane.settings.namespace }
    var topic: String { lane.topic }
    var count: Int { lane.queue.count }
    var bytes: Int { lane.queue.bytes }
    var newcomer: MessageSummary { message.summary }
    var newestOfNewcomersKey: Int? { lane.queue.lastIndex(ofKey: message.key) }

    func lastIndex(ofKey key: String?) -> Int? { lane.queue.lastIndex(ofKey: key) }

    func message(at index: Int) -> MessageSummary? {
        waiting(at: index)?.summary
    }

    func bytes(at index: Int) -> Int { waiting(at: index)?.bytes ?? 0 }

    func rank(at index: Int) -> Int64 { waiting(at: index)?.rank ?? 0 }

    func withPayload(at index: Int?, _ body: (UnsafeRawBufferPointer) -> Void) {
        guard let message = index.map({ waiting(at: $0) }) ?? message else {
            return body(UnsafeRawBufferPointer(start: nil, count: 0))
        }
        message.content.withPayload(message.payload, body)
    }

    private func waiting(at index: Int) -> Message? {
        (0..<lane.queue.count).contains(index) ? lane.queue[index].message : nil
    }
}

extension Message {
    fileprivate var summary: MessageSummary { MessageSummary(bytes: bytes, key: key, rank: rank) }
}
