import CStreamFencePlugin

extension sf_overflow_policy {
    /// Calls the policy behind an instance.
    static var exported: sf_overflow_policy {
        sf_overflow_policy(
            size: UInt32(MemoryLayout<sf_overflow_policy>.size),
            decide: { instance, overflow in
                guard let overflow else { return OverflowDecision.reject().exported(nil) }
                let state = Overflow(HostQueue(overflow: overflow))
                return Instance<any OverflowPolicy>.value(of: instance) { policy in
                    policy.decide(state).exported(overflow.pointee.reason)
                }
            },
            rank: { instance, message in
                guard let message else { return 0 }
                let key = message.pointee.key
                return Instance<any OverflowPolicy>.value(of: instance) { policy in
                    policy.rank(payload: message.pointee.payload.buffer, key: key.length == 0 ? nil : key.text)
                }
            }
        )
    }
}

extension OverflowDecision {
    /// - Parameter room: where the reason goes.
    func exported(_ room: UnsafeMutablePointer<sf_error>?) -> sf_overflow_decision {
        switch self {
        case .evictOldest(let count): return sf_overflow_decision(SF_EVICT_OLDEST, count)
        case .evict(let index): return sf_overflow_decision(SF_EVICT_AT, index)
        case .evictAll: return sf_overflow_decision(SF_EVICT_ALL)
        case .replace(let index): return sf_overflow_decision(SF_REPLACE_AT, index)
        case .spill: return sf_overflow_decision(SF_SPILL)
        case .reject(let reason):
            if let reason { room?.pointee.write(reason) }
            return sf_overflow_decision(SF_REJECT)
        case .disconnect(let reason):
            room?.pointee.write(reason)
            return sf_overflow_decision(SF_DISCONNECT)
        }
    }
}

extension sf_overflow_decision {
    /// A negative argument becomes one that no queue has, which the host refuses.
    fileprivate init<Action: BinaryInteger>(_ action: Action, _ argument: Int = 0) {
        self.init(action: UInt64(action), argument: UInt64(bitPattern: Int64(argument)))
    }
}

extension Overflow {
    fileprivate init(_ queue: HostQueue) {
        let state = queue.overflow.pointee
        self.init(
            cause: OverflowCause(code: state.cause),
            maxMessages: Int(clamping: state.max_messages),
            maxBytes: Int(clamping: state.max_bytes),
            queuedBytes: Int(clamping: state.queued_bytes),
            queue: queue
        )
    }
}

extension OverflowCause {
    package var code: UInt32 {
        switch self {
        case .messages: UInt32(SF_CAUSE_MESSAGES)
        case .bytes: UInt32(SF_CAUSE_BYTES)
        case .memory: UInt32(SF_CAUSE_MEMORY)
        }
    }

    fileprivate init(code: UInt32) {
        switch Int(code) {
        case Int(SF_CAUSE_MESSAGES): self = .messages
        case Int(SF_CAUSE_MEMORY): self = .memory
        default: self = .bytes
        }
    }
}

/// The host's queue, read through its accessor.
private struct HostQueue: OverflowQueue {
    let overflow: UnsafePointer<sf_overflow>

    private var lane: UnsafeRawPointer? { overflow.pointee.lane }
    private var accessor: sf_lane_accessor { overflow.pointee.accessor.pointee }

    var namespace: String { accessor.namespace_path(lane).text }
    var topic: String { accessor.topic(lane).text }
    var count: Int { Int(clamping: overflow.pointee.count) }
    var bytes: Int { Int(clamping: overflow.pointee.bytes) }
    var newcomer: MessageSummary { summary(of: UInt64.max) }

    var newestOfNewcomersKey: Int? {
        let index = accessor.newest_of_same_key(lane, UInt64.max)
        return index == UInt64.max ? nil : Int(clamping: index)
    }

    func lastIndex(ofKey key: String?) -> Int? {
        if key == newcomer.key { return newestOfNewcomersKey }
        for index in (0..<count).reversed() where message(at: index)?.key == key { return index }
        return nil
    }

    func message(at index: Int) -> MessageSummary? {
        (0..<count).contains(index) ? summary(of: UInt64(index)) : nil
    }

    func bytes(at index: Int) -> Int {
        index < 0 ? 0 : Int(clamping: accessor.message_bytes(lane, UInt64(index)))
    }

    func rank(at index: Int) -> Int64 {
        index < 0 ? 0 : accessor.message_rank(lane, UInt64(index))
    }

    func withPayload(at index: Int?, _ body: (UnsafeRawBufferPointer) -> Void) {
        guard let index else { return body(accessor.message_payload(lane, UInt64.max).buffer) }
        body(index < 0 ? sf_slice.empty.buffer : accessor.message_payload(lane, UInt64(index)).buffer)
    }

    private func summary(of index: UInt64) -> MessageSummary {
        let key = accessor.message_key(lane, index)
        return MessageSummary(
            bytes: Int(clamping: accessor.message_bytes(lane, index)),
            key: key.bytes == nil ? nil : key.text,
            rank: accessor.message_rank(lane, index)
        )
    }
}
