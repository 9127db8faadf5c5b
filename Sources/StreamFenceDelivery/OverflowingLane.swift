import StreamFencePluginKit

/// What a policy sees of a lane that has no room for a message.
///
/// It holds on to neither of them, which would cost more than most decisions: who asks does.
struct OverflowingLane: LaneContents {
    unowned(unsafe) let lane: Lane
    unowned(unsafe) let newcomer: Message

    var namespace: String { lane.settings.namespace }
    var topic: String { lane.topic }

    func bytes(at index: Int?) -> Int { message(at: index)?.bytes ?? 0 }
    func rank(at index: Int?) -> Int64 { message(at: index)?.rank ?? 0 }
    func key(at index: Int?) -> String? { message(at: index)?.key }

    func withPayload(at index: Int?, _ body: (UnsafeRawBufferPointer) -> Void) {
        guard let message = message(at: index) else { return body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        message.content.withPayload(message.payload, body)
    }

    func newestOfSameKey(at index: Int?) -> Int? {
        guard let message = message(at: index) else { return nil }
        return lane.queue.lastIndex(ofKey: message.key)
    }

    private func message(at index: Int?) -> Message? {
        guard let index else { return newcomer }
        return (0..<lane.queue.count).contains(index) ? lane.queue[index].message : nil
    }
}
