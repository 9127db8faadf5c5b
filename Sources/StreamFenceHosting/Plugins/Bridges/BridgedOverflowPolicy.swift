import CStreamFencePlugin
import CStreamFenceShim
import StreamFence
import StreamFencePluginKit

/// A loaded plugin's overflow policy.
///
/// Runs on the event loop: a decision allocates nothing here, and of 64 only one is timed.
final class BridgedOverflowPolicy: OverflowPolicy, @unchecked Sendable {
    // Unchecked: the table belongs to the plugin and stays as it is as long as the process lives.
    private let instance: PluginInstance
    private let table: UnsafePointer<sf_overflow_policy>
    // What a decision needs, without a way through other objects.
    private let callee: UnsafePointer<sf_shim_callee>
    private let pointer: UnsafeMutableRawPointer
    private let metrics: PluginMetrics
    private let accessor = LaneAccessor.table

    init(_ instance: PluginInstance) {
        self.instance = instance
        callee = instance.component.callee
        pointer = instance.pointer
        metrics = instance.component.metrics
        table = instance.component.table.assumingMemoryBound(to: sf_overflow_policy.self)
    }

    // Inlined into what the core calls.
    @inline(__always)
    func decide(_ overflow: borrowing Overflow) -> OverflowDecision {
        var decision = sf_overflow_decision()
        let outcome = withUnsafePointer(to: overflow) { overflow in
            var lane = sf_lane(size: UInt32(MemoryLayout<sf_lane>.size), accessor: accessor, context: overflow)
            let state = overflow.pointee.state
            guard metrics.countDecision() else {
                return sf_shim_decide(callee, table, pointer, state, &lane, &decision)
            }
            return timed(state, &lane, &decision)
        }
        if outcome == SF_SHIM_SUCCEEDED, let known = OverflowDecision(decision) { return known }
        return unusual(outcome, decision)
    }

    // What most decisions don't come to is kept out of their way, with what it needs of the stack.

    @inline(never)
    private func timed(
        _ overflow: UnsafePointer<sf_overflow>,
        _ lane: UnsafePointer<sf_lane>,
        _ decision: inout sf_overflow_decision
    ) -> Int32 {
        let (outcome, duration) = metrics.time {
            sf_shim_decide(callee, table, pointer, overflow, lane, &decision)
        }
        if duration > PluginMetrics.longestDecision {
            let microseconds = Int(duration / .microseconds(1))
            warn(
                .slow,
                "decide",
                "expected at most 50 microseconds, found \(microseconds); the clients of the event loop waited"
            )
        }
        return outcome
    }

    /// A decision with a reason, or none.
    @inline(never)
    private func unusual(_ outcome: Int32, _ decision: sf_overflow_decision) -> OverflowDecision {
        let text = sf_shim_reason().pointee.text
        if outcome != SF_SHIM_THREW, let known = OverflowDecision(decision) { return known.saying(text) }
        failed(
            "decide",
            outcome == SF_SHIM_THREW
                ? text : "expected an action of 0 to \(SF_DISCONNECT), found \(decision.action)"
        )
        // What the core refuses, and counts as `decision_invalid`.
        return .evict(at: -1)
    }

    func rank(payload: UnsafeRawBufferPointer, key: String?) -> Int64 {
        guard table.pointee.rank != nil else { return 0 }
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
            metrics.countDecision()
            ? timedRank(&message, &rank) : sf_shim_rank(callee, table, pointer, &message, &rank, nil)
        guard outcome == SF_SHIM_SUCCEEDED else {
            failed("rank", "C++ exception")
            return 0
        }
        return rank
    }

    @inline(never)
    private func timedRank(_ message: inout sf_message, _ rank: inout Int64) -> Int32 {
        metrics.time { sf_shim_rank(callee, table, pointer, &message, &rank, nil) }.0
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
    /// A decision without a reason; nil for an action that is none. An argument that no queue has becomes a negative one, which
    /// the core refuses.
    @inline(__always)
    fileprivate init?(_ decision: sf_overflow_decision) {
        let argument = Int(exactly: decision.argument) ?? -1
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
