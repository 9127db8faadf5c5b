import CStreamFencePlugin
import CStreamFenceShim
import StreamFence
import StreamFencePluginKit

/// A loaded plugin's overflow policy.
///
/// Runs on the event loop: a decision passes on what the core shows of the lane as it is, allocates nothing, and of 64 only one is
/// timed.
final class BridgedOverflowPolicy: OverflowPolicy, @unchecked Sendable {
    // Unchecked: what it points to stays as it is.
    private let instance: PluginInstance
    private let policy: UnsafeMutablePointer<sf_shim_policy>

    private var metrics: PluginMetrics { instance.component.metrics }

    init(_ instance: PluginInstance) {
        self.instance = instance
        let component = instance.component
        policy = .allocate(capacity: 1)
        policy.initialize(
            to: sf_shim_policy(
                decide: sf_shim_decide_call(component.callee),
                table: component.table.assumingMemoryBound(to: sf_overflow_policy.self),
                instance: instance.pointer,
                calls: component.metrics.calls
            )
        )
    }

    deinit {
        policy.deallocate()
    }

    // Inlined into what the core calls.
    @inline(__always)
    func decide(_ overflow: borrowing Overflow) -> OverflowDecision {
        let decision = sf_shim_decide(policy, overflow.state, overflow.lane.lane)
        return OverflowDecision(decision) ?? unusual(decision)
    }

    // What most decisions don't come to is kept out of their way, with what it needs of the stack.

    @inline(never)
    private func unusual(_ decision: sf_overflow_decision) -> OverflowDecision {
        guard let unusual = sf_shim_unusual_decision(decision), unusual.pointee.outcome == SF_SHIM_TO_BE_TIMED else {
            return judge(decision)
        }
        let made = timed(unusual.pointee.overflow, unusual.pointee.lane)
        return OverflowDecision(made) ?? judge(made)
    }

    private func timed(
        _ overflow: UnsafePointer<sf_overflow>,
        _ lane: UnsafePointer<sf_lane>
    ) -> sf_overflow_decision {
        let (decision, duration) = metrics.time { sf_shim_decide_counted(policy, overflow, lane) }
        if duration > PluginMetrics.longestDecision {
            let microseconds = Int(duration / .microseconds(1))
            warn(
                .slow,
                "decide",
                "expected at most 50 microseconds, found \(microseconds); the clients of the event loop waited"
            )
        }
        return decision
    }

    /// A decision with a reason, or none.
    private func judge(_ decision: sf_overflow_decision) -> OverflowDecision {
        guard let unusual = sf_shim_unusual_decision(decision) else { return refuse(decision) }
        let text = unusual.pointee.reason.text
        if unusual.pointee.outcome == SF_SHIM_THREW { return undecided(text) }
        let explained = unusual.pointee.decision
        return OverflowDecision(explained)?.saying(text) ?? refuse(explained)
    }

    private func refuse(_ decision: sf_overflow_decision) -> OverflowDecision {
        undecided("expected an action of 0 to \(SF_DISCONNECT), found \(decision.action)")
    }

    /// What the core refuses, and counts as `decision_invalid`.
    private func undecided(_ message: String) -> OverflowDecision {
        failed("decide", message)
        return .evict(at: -1)
    }

    func rank(payload: UnsafeRawBufferPointer, key: String?) -> Int64 {
        guard policy.pointee.table.pointee.rank != nil else { return 0 }
        guard let key else { return rank(payload, key: .empty) }
        // An empty key has a pointer, none has not.
        return sf_slice.with(key) { rank(payload, key: $0) }
    }

    private func rank(_ payload: UnsafeRawBufferPointer, key: sf_slice) -> Int64 {
        var message = sf_message(
            size: UInt32(MemoryLayout<sf_message>.size),
            payload: sf_slice(payload),
            key: key
        )
        var rank: Int64 = 0
        // Room for the reason costs more than most ranks do: what went wrong is known without.
        let outcome =
            metrics.countRank()
            ? timedRank(&message, &rank) : sf_shim_rank(policy, &message, &rank, nil)
        guard outcome == SF_SHIM_SUCCEEDED else {
            failed("rank", "C++ exception")
            return 0
        }
        return rank
    }

    @inline(never)
    private func timedRank(_ message: inout sf_message, _ rank: inout Int64) -> Int32 {
        metrics.time { sf_shim_rank(policy, &message, &rank, nil) }.0
    }

    private func failed(_ call: String, _ message: String) {
        metrics.countError()
        warn(.failing, call, message)
    }

    private func warn(_ trouble: PluginMetrics.Trouble, _ call: String, _ message: String) {
        guard metrics.isDue(trouble) else { return }
        let component = instance.component
        component.origin.logger.warning("\(escapingControls(component.error(call, message).description))")
    }
}

extension OverflowDecision {
    /// A decision without a reason; nil for an action that is none. An argument that no queue has may become a negative one: the
    /// core refuses both.
    @inline(__always)
    fileprivate init?(_ decision: sf_overflow_decision) {
        let argument = Int(truncatingIfNeeded: decision.argument)
        switch decision.action {
        case UInt64(SF_REJECT): self = .reject(reason: nil)
        case UInt64(SF_EVICT_OLDEST): self = .evictOldest(count: argument)
        case UInt64(SF_EVICT_AT): self = .evict(at: argument)
        case UInt64(SF_EVICT_ALL): self = .evictAll
        case UInt64(SF_REPLACE_AT): self = .replace(at: argument)
        case UInt64(SF_SPILL): self = .spill
        case UInt64(SF_DISCONNECT): self = .disconnect(reason: "too slow")
        default: return nil
        }
    }

    /// The same for a reason, where it can have one.
    fileprivate func saying(_ reason: String) -> OverflowDecision {
        switch self {
        case .reject: .reject(reason: reason)
        case .disconnect: .disconnect(reason: reason)
        case .evictOldest, .evict, .evictAll, .replace, .spill: self
        }
    }
}
