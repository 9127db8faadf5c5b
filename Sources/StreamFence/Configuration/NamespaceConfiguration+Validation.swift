extension NamespaceConfiguration {
    func check(_ found: inout ProblemList) {
        found.require(path.hasPrefix("/"), "path", "expected a path that starts with /, found \"\(path)\"")
        found.require(
            !path.utf8.contains { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "?") || $0 < 0x20 || $0 == 0x7F },
            "path",
            "expected no comma, question mark or control character, found \"\(path)\""
        )
        checkTopics(&found)
        found.require(
            maxQueuedMessagesPerClient >= 1,
            "maxQueuedMessagesPerClient",
            "expected at least 1, found \(maxQueuedMessagesPerClient)"
        )
        found.require(
            maxQueuedBytesPerClient >= 1,
            "maxQueuedBytesPerClient",
            "expected at least 1 byte, found \(maxQueuedBytesPerClient)"
        )
        found.requireMilliseconds(ackTimeout, "ackTimeoutMs", minimum: 1)
        found.require(maxRetries >= 0, "maxRetries", "expected 0 or more, found \(maxRetries)")
        found.require(maxInFlight >= 1, "maxInFlight", "expected at least 1, found \(maxInFlight)")
        if deliveryMode == .atLeastOnce {
            checkAtLeastOnce(&found)
        }
        refuseWhatIsNotBuilt(&found)
    }

    private func checkTopics(_ found: inout ProblemList) {
        found.require(!topics.isEmpty, "topics", "expected at least one topic, found none")
        var seen: Set<String> = []
        for (index, topic) in topics.enumerated() {
            let key = "topics[\(index)]"
            found.require(!topic.isEmpty, key, "expected a name, found an empty one")
            found.require(
                !ReservedEvents.contains(topic),
                key,
                "\"\(topic)\" is an event of the protocol and can't be a topic"
            )
            found.require(seen.insert(topic).inserted, key, "\"\(topic)\" is listed twice")
        }
    }

    /// The constraints of the reference, one error each.
    private func checkAtLeastOnce(_ found: inout ProblemList) {
        found.require(
            overflowAction == .rejectNew || overflowAction == .spillToDisk,
            "overflowAction",
            "AT_LEAST_ONCE expects REJECT_NEW or SPILL_TO_DISK, found \(overflowAction.rawValue), which may lose messages"
        )
        found.require(!coalesce, "coalesce", "AT_LEAST_ONCE expects false, as each message is acknowledged by itself")
        found.require(maxRetries >= 1, "maxRetries", "AT_LEAST_ONCE expects at least 1, found \(maxRetries)")
        found.require(
            maxInFlight <= maxQueuedMessagesPerClient,
            "maxInFlight",
            "expected at most maxQueuedMessagesPerClient (\(maxQueuedMessagesPerClient)), found \(maxInFlight)"
        )
    }

    private func refuseWhatIsNotBuilt(_ found: inout ProblemList) {
        if deliveryMode == .atLeastOnce {
            found.add("deliveryMode", notYet("AT_LEAST_ONCE"))
        } else {
            let defaults = NamespaceConfiguration(path: path, topics: topics)
            let reason = "has an effect with AT_LEAST_ONCE only, which is not available in this version"
            found.require(ackTimeout == defaults.ackTimeout, "ackTimeoutMs", reason)
            found.require(maxRetries == defaults.maxRetries, "maxRetries", reason)
            found.require(maxInFlight == defaults.maxInFlight, "maxInFlight", reason)
        }
        switch overflowAction {
        case .rejectNew, .dropOldest, .coalesce, .snapshotOnly:
            break
        case .spillToDisk, .disconnect:
            found.add("overflowAction", notYet(overflowAction.rawValue))
        }
        found.require(!coalesce, "coalesce", notYet("coalesce: true"))
    }
}

/// Event names that a topic can't have: a client could not tell its messages from the protocol's.
enum ReservedEvents {
    private static let names: Set<String> = [
        // What this protocol sends and receives.
        "subscribe", "subscribed", "unsubscribe", "unsubscribed", "publish", "ack", "auth", "authenticated", "error",
        "gap", "server_draining", "topic-message",
        // What Socket.IO clients reserve.
        "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener",
    ]

    static func contains(_ name: String) -> Bool {
        names.contains(name)
    }
}
