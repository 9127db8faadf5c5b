import CStreamFencePlugin

/// A policy, and the way from the contract to it. What decisions go through is inlinable, so that it is compiled for each policy
/// in the plugin's own module: it costs a fraction of a call through `any OverflowPolicy` then.
@usableFromInline
package struct ExportablePolicy: Sendable {
    @usableFromInline
    typealias Decide =
        @Sendable (UnsafePointer<sf_overflow>, UnsafePointer<sf_lane>, UnsafeMutablePointer<sf_error>?) ->
        sf_overflow_decision

    package let policy: any OverflowPolicy
    fileprivate let decide: Decide

    @inlinable
    package init<Policy: OverflowPolicy>(_ policy: Policy) {
        self.init(policy) { overflow, lane, reason in
            policy.decide(Overflow(overflow, lane: HostLane(lane))).exported(reason)
        }
    }

    @usableFromInline
    init(_ policy: any OverflowPolicy, decide: @escaping Decide) {
        self.policy = policy
        self.decide = decide
    }
}

extension sf_overflow_policy {
    /// Calls the policy behind an instance.
    static var exported: sf_overflow_policy {
        sf_overflow_policy(
            size: UInt32(MemoryLayout<sf_overflow_policy>.size),
            decide: { instance, overflow, lane, reason in
                guard let overflow, let lane else { return OverflowDecision.reject().exported(nil) }
                return Instance<ExportablePolicy>.value(of: instance) { $0.decide(overflow, lane, reason) }
            },
            rank: { instance, message in
                guard let message else { return 0 }
                let key = message.pointee.key
                return Instance<ExportablePolicy>.value(of: instance) { exported in
                    exported.policy.rank(
                        payload: message.pointee.payload.buffer,
                        key: key.bytes == nil ? nil : key.text
                    )
                }
            }
        )
    }
}

extension OverflowDecision {
    /// - Parameter room: where the reason goes.
    @inlinable
    func exported(_ room: UnsafeMutablePointer<sf_error>?) -> sf_overflow_decision {
        switch self {
        case .evictOldest(let count): return sf_overflow_decision(SF_EVICT_OLDEST, count)
        case .evict(let index): return sf_overflow_decision(SF_EVICT_AT, index)
        case .evictAll: return sf_overflow_decision(SF_EVICT_ALL)
        case .replace(let index): return sf_overflow_decision(SF_REPLACE_AT, index)
        case .spill: return sf_overflow_decision(SF_SPILL)
        case .reject(nil): return sf_overflow_decision(SF_REJECT)
        case .reject(let reason?):
            room?.pointee.write(reason)
            return sf_overflow_decision(SF_REJECT)
        case .disconnect(let reason):
            room?.pointee.write(reason)
            return sf_overflow_decision(SF_DISCONNECT)
        }
    }
}

extension sf_overflow_decision {
    /// A negative argument becomes one that no queue has, which the host refuses.
    @inlinable
    init(_ action: Int, _ argument: Int = 0) {
        self.init(action: UInt64(action), argument: UInt64(bitPattern: Int64(argument)))
    }
}

extension OverflowCause {
    @inlinable
    package var code: UInt32 {
        switch self {
        case .messages: UInt32(SF_CAUSE_MESSAGES)
        case .bytes: UInt32(SF_CAUSE_BYTES)
        case .memory: UInt32(SF_CAUSE_MEMORY)
        }
    }

    @inlinable
    init(code: UInt32) {
        switch code {
        case UInt32(SF_CAUSE_MESSAGES): self = .messages
        case UInt32(SF_CAUSE_MEMORY): self = .memory
        default: self = .bytes
        }
    }
}

/// The host's lane, read through its accessor.
@usableFromInline
struct HostLane: OverflowLane {
    @usableFromInline let lane: UnsafePointer<sf_lane>
    private var accessor: UnsafePointer<sf_lane_accessor> { lane.pointee.accessor }

    @inlinable
    init(_ lane: UnsafePointer<sf_lane>) {
        self.lane = lane
    }

    @usableFromInline var namespace: String { accessor.pointee.namespace_path(lane).text }
    @usableFromInline var topic: String { accessor.pointee.topic(lane).text }

    @usableFromInline func bytes(at index: Int?) -> Int {
        Int(clamping: accessor.pointee.message_bytes(lane, code(index)))
    }
    @usableFromInline func rank(at index: Int?) -> Int64 { accessor.pointee.message_rank(lane, code(index)) }

    @usableFromInline func key(at index: Int?) -> String? {
        let key = accessor.pointee.message_key(lane, code(index))
        return key.bytes == nil ? nil : key.text
    }

    @usableFromInline func withPayload(at index: Int?, _ body: (UnsafeRawBufferPointer) -> Void) {
        body(accessor.pointee.message_payload(lane, code(index)).buffer)
    }

    @usableFromInline func newestOfSameKey(at index: Int?) -> Int? {
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
