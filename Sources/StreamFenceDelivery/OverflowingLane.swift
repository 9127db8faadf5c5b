import StreamFencePluginKit

/// What a policy sees of a lane that has no room for a message.
///
/// It holds on to neither of them, which would cost more than most decisions: who asks does.
struct OverflowingLane: LaneContents {
    private let lane: Unmanaged<Lane>
    private let newcomer: Unmanaged<Message>

    init(_ lane: Lane, newcomer: Message) {
        self.lane = .passUnretained(lane)
        self.newcomer = .passUnretained(newcomer)
    }

    var namespace: String { withLane { $0.settings.namespace } }
    var topic: String { withLane { $0.topic } }

    func bytes(at index: Int?) -> Int {
        guard let index else { return newcomer._withUnsafeGuaranteedRef { $0.bytes } }
        return withLane { $0.queue.indices.contains(index) ? $0.queue.bytes(at: index) : 0 }
    }

    func rank(at index: Int?) -> Int64 {
        guard let index else { return newcomer._withUnsafeGuaranteedRef { $0.rank } }
        return withLane { $0.queue.indices.contains(index) ? $0.queue.rank(at: index) : 0 }
    }

    func key(at index: Int?) -> String? { message(at: index)?.key }

    func withPayload(at index: Int?, _ body: (UnsafeRawBufferPointer) -> Void) {
        guard let message = message(at: index) else { return body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        message.content.withPayload(message.payload, body)
    }

    func newestOfSameKey(at index: Int?) -> Int? {
        guard let message = message(at: index) else { return nil }
        return withLane {
            if index == nil { $0.policyAsksForNewest = true }
            return $0.queue.lastIndex(ofKey: message.key)
        }
    }

    private func message(at index: Int?) -> Message? {
        guard let index else { return newcomer.takeUnretainedValue() }
        return withLane { $0.queue.indices.contains(index) ? $0.queue[index].message : nil }
    }

    @inline(__always)
    private func withLane<Value>(_ read: (Lane) -> Value) -> Value {
        lane._withUnsafeGuaranteedRef { read($0) }
    }
}
