/// What keys mean for one another: which make no sense together, and which have an effect with another only.
extension NamespaceConfiguration {
    func checkCombinations(_ found: inout ProblemList) {
        switch deliveryMode {
        case .atLeastOnce: checkAtLeastOnce(&found)
        case .bestEffort: checkBestEffort(&found)
        }
        if spills { checkSpilling(&found) } else { checkWithoutSpilling(&found) }
        found.require(
            overflowAction == nil || overflowPolicy == nil,
            "overflowPolicy",
            "expected either this or overflowAction, found both"
        )
        found.require(
            clientPublish != .deny || inboundAckPolicy == .ackOnReceipt,
            "inboundAckPolicy",
            "has no effect with clientPublish: deny"
        )
        found.require(
            // What is out of any range is said once.
            minInterval == nil || retain <= 1 || retain > 10_000,
            "retain",
            "expected at most 1 with minIntervalMs, of which only the newest message waits, found \(retain)"
        )
        found.require(
            // What a policy of somebody's own makes of keys is not known.
            coalesceKey == nil || coalesce || overflow.use == OverflowAction.coalesce.policyName || usesOwnPolicy,
            "coalesceKey",
            "has an effect with overflowAction: COALESCE or coalesce: true only"
        )
    }

    /// The action by the name that the configuration gives its policy; nil for a policy of somebody's own.
    private var builtinAction: OverflowAction? { OverflowAction.allCases.first { $0.policyName == overflow.use } }

    private var usesOwnPolicy: Bool { builtinAction == nil }

    /// The constraints of the reference, and what else may lose a message; one error each.
    private func checkAtLeastOnce(_ found: inout ProblemList) {
        if let action = builtinAction {
            found.require(
                action == .rejectNew || action == .spillToDisk,
                overflowPolicy == nil ? "overflowAction" : "overflowPolicy.use",
                "AT_LEAST_ONCE expects REJECT_NEW or SPILL_TO_DISK, found \(action.rawValue), which may lose messages"
            )
        }
        found.require(!coalesce, "coalesce", "AT_LEAST_ONCE expects false, as each message is acknowledged by itself")
        found.require(maxRetries >= 1, "maxRetries", "AT_LEAST_ONCE expects at least 1, found \(maxRetries)")
        found.require(
            maxInFlight <= maxQueuedMessagesPerClient,
            "maxInFlight",
            "expected at most maxQueuedMessagesPerClient (\(maxQueuedMessagesPerClient)), found \(maxInFlight)"
        )
        found.require(
            messageTTL == nil,
            "messageTTLMs",
            "AT_LEAST_ONCE expects none, as a message that expires is lost"
        )
        found.require(
            minInterval == nil,
            "minIntervalMs",
            "AT_LEAST_ONCE expects none, as only the newest message of an interval is sent"
        )
    }

    private func checkBestEffort(_ found: inout ProblemList) {
        let defaults = NamespaceConfiguration(path: path, topics: topics)
        let reason = "has an effect with AT_LEAST_ONCE only"
        found.require(ackTimeout == defaults.ackTimeout, "ackTimeoutMs", reason)
        found.require(maxRetries == defaults.maxRetries, "maxRetries", reason)
        found.require(maxInFlight == defaults.maxInFlight, "maxInFlight", reason)
        found.require(retryBackoff == nil, "retryBackoff", reason)
        found.require(ackStyle == defaults.ackStyle, "ackStyle", reason)
    }

    private func checkSpilling(_ found: inout ProblemList) {
        // AT_LEAST_ONCE refuses it for a reason of its own.
        found.require(
            minInterval == nil || deliveryMode == .atLeastOnce,
            "minIntervalMs",
            "SPILL_TO_DISK expects none, as a lane that holds the newest message only never spills"
        )
    }

    private func checkWithoutSpilling(_ found: inout ProblemList) {
        let defaults = NamespaceConfiguration(path: path, topics: topics)
        let reason = "has an effect with SPILL_TO_DISK only"
        found.require(maxSpillBytesPerClient == defaults.maxSpillBytesPerClient, "maxSpillBytesPerClient", reason)
        found.require(spillStore == nil, "spillStore", reason)
    }
}

extension NamespaceConfiguration {
    /// The overflow policy, however it was chosen.
    var overflow: PluginChoice {
        overflowPolicy ?? PluginChoice(use: (overflowAction ?? .rejectNew).policyName)
    }

    /// Whether lanes may spill: under SPILL_TO_DISK, and under a policy of somebody's own that was given a store.
    var spills: Bool {
        let choice = overflow.use
        if choice == OverflowAction.spillToDisk.policyName { return true }
        return spillStore != nil && !OverflowAction.allCases.contains { $0.policyName == choice }
    }
}
