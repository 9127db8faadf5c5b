import CStreamFencePlugin

/// The contract's function for decisions: `decide` of `sf_overflow_policy`.
public typealias OverflowFunction =
    @convention(c) (
        UnsafeMutableRawPointer?, UnsafePointer<sf_overflow>?, UnsafePointer<sf_lane>?, UnsafeMutablePointer<sf_error>?
    ) -> sf_overflow_decision

extension OverflowPolicy {
    /// Decides what the contract asks, and answers as it does: for the functions of ``OverflowFunction``, whose parameters but
    /// the first these are. On the event loop, as ``decide(_:)``.
    ///
    /// - Parameters:
    ///   - overflow: never nil.
    ///   - lane: never nil.
    ///   - reason: room for one, or nil.
    @inlinable
    @inline(__always)
    public func decide(
        _ overflow: UnsafePointer<sf_overflow>?,
        _ lane: UnsafePointer<sf_lane>?,
        _ reason: UnsafeMutablePointer<sf_error>?
    ) -> sf_overflow_decision {
        // The contract gives both: to look costs a tenth of the way here.
        decide(Overflow(overflow.unsafelyUnwrapped, lane.unsafelyUnwrapped)).exported(reason)
    }
}

/// A policy, and the way from the contract to it. What decisions go through is inlinable, so that it is compiled for each policy
/// in the plugin's own module: it costs a fraction of a call through `any OverflowPolicy` then.
@usableFromInline
package struct ExportablePolicy: Sendable {
    /// The contract's parameters in its order, so that they are passed through as they lie; the first is of no use here.
    @usableFromInline
    typealias Decide =
        @Sendable (
            UnsafeMutableRawPointer?, UnsafePointer<sf_overflow>?, UnsafePointer<sf_lane>?,
            UnsafeMutablePointer<sf_error>?
        ) -> sf_overflow_decision

    package let policy: any OverflowPolicy
    fileprivate let decide: Decide

    @inlinable
    package init<Policy: OverflowPolicy>(_ policy: Policy) {
        self.init(policy) { _, overflow, lane, reason in policy.decide(overflow, lane, reason) }
    }

    @usableFromInline
    init(_ policy: any OverflowPolicy, decide: @escaping Decide) {
        self.policy = policy
        self.decide = decide
    }
}

extension sf_overflow_policy {
    /// Calls `decide`, or else the policy behind an instance.
    static func exported(_ decide: OverflowFunction?) -> sf_overflow_policy {
        sf_overflow_policy(
            size: UInt32(MemoryLayout<sf_overflow_policy>.size),
            decide: decide ?? { instance, overflow, lane, reason in
                Instance<ExportablePolicy>.value(of: instance) { $0.decide(instance, overflow, lane, reason) }
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
