import StreamFencePluginKit

extension LaneSettings {
    /// What the policy does with a message that has no room. That of a plugin is called by its function, without the calls on the
    /// way there: they cost more than all else at the plugin's boundary.
    @inline(__always)
    func decide(_ overflow: borrowing Overflow) -> OverflowDecision {
        if let foreignFunction {
            // Called here, as Swift 6.3 does not inline a function of ForeignFunction's that does so.
            let result = foreignFunction.function(foreignFunction.instance, overflow.state, overflow.lane.lane, nil)
            if let decision = OverflowDecision(frequent: result) { return decision }
            if let foreignPolicy { return foreignPolicy.decision(result) }
        }
        return policy.decide(overflow)
    }
}
