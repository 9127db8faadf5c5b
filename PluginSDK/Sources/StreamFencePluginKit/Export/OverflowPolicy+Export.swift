import CStreamFencePlugin

extension sf_overflow_policy {
    /// Calls the policy behind an instance.
    static var exported: sf_overflow_policy {
        sf_overflow_policy(
            size: UInt32(MemoryLayout<sf_overflow_policy>.size),
            decide: { instance, overflow in
                guard let overflow else { return OverflowDecision.reject().exported(nil) }
                let state = Overflow(overflow)
                return Instance<any OverflowPolicy>.value(of: instance) { policy in
                    policy.decide(state).exported(overflow.pointee.reason)
                }
            },
            rank: { instance, message in
                guard let message else { return 0 }
                let key = message.pointee.key
                return Instance<any OverflowPolicy>.value(of: instance) { policy in
                    policy.rank(payload: message.pointee.payload.buffer, key: key.bytes == nil ? nil : key.text)
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
    // Field by field: a copy of the whole would wait for what has just been written.
    @inline(__always)
    fileprivate init(_ overflow: UnsafePointer<sf_overflow>) {
        self.init(
            cause: OverflowCause(code: overflow.pointee.cause),
            maxMessages: Int(clamping: overflow.pointee.max_messages),
            maxBytes: Int(clamping: overflow.pointee.max_bytes),
            queuedBytes: Int(clamping: overflow.pointee.queued_bytes),
            count: Int(clamping: overflow.pointee.count),
            bytes: Int(clamping: overflow.pointee.bytes),
            newcomerBytes: Int(clamping: overflow.pointee.newcomer_bytes),
            lane: HostLane(lane: overflow.pointee.lane, accessor: overflow.pointee.accessor)
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

/// The host's lane, read through its accessor.
private struct HostLane: OverflowLane {
    let lane: UnsafeRawPointer?
    let accessor: UnsafePointer<sf_lane_accessor>

    var namespace: String { accessor.pointee.namespace_path(lane).text }
    var topic: String { accessor.pointee.topic(lane).text }

    func bytes(at index: Int?) -> Int { Int(clamping: accessor.pointee.message_bytes(lane, code(index))) }
    func rank(at index: Int?) -> Int64 { accessor.pointee.message_rank(lane, code(index)) }

    func key(at index: Int?) -> String? {
        let key = accessor.pointee.message_key(lane, code(index))
        return key.bytes == nil ? nil : key.text
    }

    func withPayload(at index: Int?, _ body: (UnsafeRawBufferPointer) -> Void) {
        body(accessor.pointee.message_payload(lane, code(index)).buffer)
    }

    func newestOfSameKey(at index: Int?) -> Int? {
        let newest = accessor.pointee.newest_of_same_key(lane, code(index))
        return newest == Self.notFound ? nil : Int(clamping: newest)
    }

    // The macros of the header are casts, which Swift does not see.
    private static var newcomer: UInt64 { .max }
    private static var notFound: UInt64 { .max }

    /// A negative index becomes one that no lane has.
    private func code(_ index: Int?) -> UInt64 {
        guard let index else { return Self.newcomer }
        return index < 0 ? Self.newcomer - 1 : UInt64(index)
    }
}
