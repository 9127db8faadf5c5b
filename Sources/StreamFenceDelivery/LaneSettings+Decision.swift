import CStreamFencePlugin
import StreamFencePluginKit

extension LaneSettings {
    /// What the policy does with a message that has no room. That of a plugin is called by its function, without the calls on the
    /// way there: they cost more than all else at the plugin's boundary.
    @inline(__always)
    func decide(_ overflow: borrowing Overflow) -> OverflowDecision {
        guard let foreignFunction else { return policy.decide(overflow) }
        // Not in a function of ForeignFunction's, which would be one more call, as it is of another module.
        let result = foreignFunction.function(foreignFunction.instance, overflow.state, overflow.lane.lane, nil)
        return OverflowDecision(frequent: result) ?? decision(result)
    }

    /// Kept out of the way of the frequent ones, with what it needs of the stack.
    @inline(never)
    private func decision(_ result: sf_overflow_decision) -> OverflowDecision {
        foreignPolicy?.decision(result) ?? .reject()
    }
}
