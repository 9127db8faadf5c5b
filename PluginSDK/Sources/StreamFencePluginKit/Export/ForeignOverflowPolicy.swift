import CStreamFencePlugin

/// For hosts: a policy whose decisions are made by a function of the contract's kind, as it was loaded.
///
/// Who asks for many decisions calls that function, which saves the way there by ``OverflowPolicy/decide(_:)``.
package protocol ForeignOverflowPolicy: OverflowPolicy {
    /// Valid as long as the policy is.
    var foreignFunction: ForeignFunction { get }
    /// What any result of the function comes to. On the same thread, right after the call.
    func decision(_ result: sf_overflow_decision) -> OverflowDecision
}

/// A function, and the instance that it is called with. Nothing here is counted: it costs nothing to copy.
package struct ForeignFunction: @unchecked Sendable {
    // Unchecked: the instance is for several threads at once, as the contract has it.
    package let function: OverflowFunction
    package let instance: UnsafeMutableRawPointer

    package init(_ function: OverflowFunction, _ instance: UnsafeMutableRawPointer) {
        self.function = function
        self.instance = instance
    }
}

extension OverflowDecision {
    /// What the policies that come with StreamFence decide most often; nil for all else. No more than three: Swift 6.3 tells those
    /// apart by comparing, and four by a jump through a table, which takes longer. An argument that no queue has may become a
    /// negative one: the core refuses both.
    @inlinable
    @inline(__always)
    package init?(frequent decision: sf_overflow_decision) {
        let argument = Int(truncatingIfNeeded: decision.argument)
        switch decision.action {
        case UInt64(SF_REPLACE_AT): self = .replace(at: argument)
        case UInt64(SF_EVICT_OLDEST): self = .evictOldest(count: argument)
        case UInt64(SF_REJECT): self = .reject(reason: nil)
        default: return nil
        }
    }

    /// Any decision without a reason; nil for an action that is none.
    package init?(_ decision: sf_overflow_decision) {
        switch decision.action {
        case UInt64(SF_EVICT_AT): self = .evict(at: Int(truncatingIfNeeded: decision.argument))
        case UInt64(SF_EVICT_ALL): self = .evictAll
        case UInt64(SF_SPILL): self = .spill
        case UInt64(SF_DISCONNECT): self = .disconnect(reason: "too slow")
        default: self.init(frequent: decision)
        }
    }
}
