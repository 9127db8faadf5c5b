import CStreamFencePlugin
import CStreamFenceShim
import StreamFence
import StreamFencePluginKit

/// A loaded plugin's overflow policy.
///
/// Runs on the event loop: a decision passes on what the core shows of the lane as it is, allocates nothing, and of 64 only one is
/// timed.
struct BridgedOverflowPolicy: ForeignOverflowPolicy {
    private let call: PolicyCall

    init(_ instance: PluginInstance) {
        call = PolicyCall(instance)
    }

    var foreignFunction: ForeignFunction { ForeignFunction(sf_shim_decide, call.policy) }

    func decide(_ overflow: borrowing Overflow) -> OverflowDecision {
        decision(sf_shim_decide(call.policy, overflow.state, overflow.lane.lane, nil))
    }

    func decision(_ result: sf_overflow_decision) -> OverflowDecision {
        OverflowDecision(result) ?? call.unusual(result)
    }

    func rank(payload: UnsafeRawBufferPointer, key: String?) -> Int64 {
        guard call.policy.pointee.table.pointee.rank != nil else { return 0 }
        guard let key else { return call.rank(payload, key: .empty) }
        // An empty key has a pointer, none has not.
        return sf_slice.with(key) { call.rank(payload, key: $0) }
    }
}

/// The calls into a policy, and what becomes of those that don't go as most do.
private final class PolicyCall: @unchecked Sendable {
    // Unchecked: what it points to stays as it is.
    let policy: UnsafeMutablePointer<sf_shim_policy>
    private let instance: PluginInstance

    private var metrics: PluginMetrics { instance.component.metrics }

    init(_ instance: PluginInstance) {
        self.instance = instance
        policy = .allocate(capacity: 1)
        let component = instance.component
        policy.initialize(
            to: sf_shim_policy(
                decide: sf_shim_decide_call(component.callee),
                table: component.table.assumingMemoryBound(to: sf_overflow_policy.self),
                instance: instance.pointer,
                calls: component.metrics.calls,
                durations: component.metrics.durations
            )
        )
    }

    deinit {
        policy.deallocate()
    }

    /// What comes with a reason, an exception, an action that is none, or too long a time.
    func unusual(_ decision: sf_overflow_decision) -> OverflowDecision {
        guard let unusual = sf_shim_unusual_decision(decision) else { return refuse(decision) }
        let (nanoseconds, outcome, found) = (
            unusual.pointee.nanoseconds, unusual.pointee.outcome, unusual.pointee.decision
        )
        let text = unusual.pointee.reason.text
        if nanoseconds > 0 {
            let expected = "expected at most \(SF_SHIM_LONGEST_DECISION / 1000) microseconds"
            warn(.slow, "decide", "\(expected), found \(nanoseconds / 1000); the clients of the event loop waited")
        }
        if outcome == SF_SHIM_THREW { return undecided(text) }
        guard let known = OverflowDecision(found) else { return refuse(found) }
        return text.isEmpty ? known : known.saying(text)
    }

    private func refuse(_ decision: sf_overflow_decision) -> OverflowDecision {
        undecided("expected an action of 0 to \(SF_DISCONNECT), found \(decision.action)")
    }

    /// What the core refuses, and counts as `decision_invalid`.
    private func undecided(_ message: String) -> OverflowDecision {
        failed("decide", message)
        return .evict(at: -1)
    }

    func rank(_ payload: UnsafeRawBufferPointer, key: sf_slice) -> Int64 {
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
        metrics.time { sf_shim_rank(policy, &message, &rank, nil) }
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
    /// The same for a reason, where it can have one.
    fileprivate func saying(_ reason: String) -> OverflowDecision {
        switch self {
        case .reject: .reject(reason: reason)
        case .disconnect: .disconnect(reason: reason)
        case .evictOldest, .evict, .evictAll, .replace, .spill: self
        }
    }
}
