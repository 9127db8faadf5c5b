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

    func decide(_ overflow: borrowing Overflow) -> OverflowDecision {
        var decision = sf_overflow_decision()
        var reason: UnsafeMutablePointer<sf_error>?
        let outcome = withUnsafePointer(to: overflow) { overflow in
            var state = sf_overflow(
                size: UInt32(MemoryLayout<sf_overflow>.size),
                cause: overflow.pointee.cause.code,
                count: UInt64(clamping: overflow.pointee.count),
                bytes: UInt64(clamping: overflow.pointee.bytes),
                newcomer_bytes: UInt64(clamping: overflow.pointee.newcomerBytes),
                max_messages: UInt64(clamping: overflow.pointee.maxMessages),
                max_bytes: UInt64(clamping: overflow.pointee.maxBytes),
                queued_bytes: UInt64(clamping: overflow.pointee.queuedBytes),
                lane: overflow,
                accessor: accessor,
                reason: nil
            )
            defer { reason = state.reason }
            guard metrics.countDecision() else { return sf_shim_decide(callee, table, pointer, &state, &decision) }
            return timed(&state, &decision)
        }
        guard outcome == SF_SHIM_SUCCEEDED, let known = OverflowDecision(decision, reason) else {
            return undecided(outcome, decision, reason)
        }
        return known
    }

    // What most decisions don't come to is kept out of their way, with what it needs of the stack.

    @inline(never)
    private func timed(_ state: inout sf_overflow, _ decision: inout sf_overflow_decision) -> Int32 {
        let (outcome, duration) = metrics.time { sf_shim_decide(callee, table, pointer, &state, &decision) }
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

    @inline(never)
    private func undecided(
        _ outcome: Int32,
        _ decision: sf_overflow_decision,
        _ reason: UnsafeMutablePointer<sf_error>?
    ) -> OverflowDecision {
        let message =
            outcome == SF_SHIM_SUCCEEDED
            ? "expected an action of 0 to \(SF_DISCONNECT), found \(decision.action)" : reason?.pointee.text ?? ""
        failed("decide", message)
        return .undecided
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
    /// What the core refuses, and counts as `decision_invalid`.
    fileprivate static var undecided: OverflowDecision { .evict(at: -1) }

    /// Nil for an action that is none. An argument that no queue has becomes a negative one, which the core refuses.
    fileprivate init?(_ decision: sf_overflow_decision, _ reason: UnsafeMutablePointer<sf_error>?) {
        let argument = Int(exactly: decision.argument) ?? -1
        switch Int(clamping: decision.action) {
        case Int(SF_REJECT): self = .reject(reason: reason.said)
        case Int(SF_EVICT_OLDEST): self = .evictOldest(count: argument)
        case Int(SF_EVICT_AT): self = .evict(at: argument)
        case Int(SF_EVICT_ALL): self = .evictAll
        case Int(SF_REPLACE_AT): self = .replace(at: argument)
        case Int(SF_SPILL): self = .spill
        case Int(SF_DISCONNECT): self = .disconnect(reason: reason.said ?? "too slow")
        default: return nil
        }
    }
}

extension UnsafeMutablePointer<sf_error>? {
    /// Nil where nothing was written: most decisions have no reason.
    fileprivate var said: String? {
        guard let self, self.pointee.message.0 != 0 else { return nil }
        return self.pointee.text
    }
}
