import StreamFenceSocketIO

extension NamespaceConfiguration {
    func check(_ found: inout ProblemList, _ registry: PluginRegistry) {
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
        found.requireBytes(maxQueuedBytesPerClient, "maxQueuedBytesPerClient")
        found.requireMilliseconds(ackTimeout, "ackTimeoutMs", minimum: 1)
        found.require(maxRetries >= 0, "maxRetries", "expected 0 or more, found \(maxRetries)")
        found.require(maxInFlight >= 1, "maxInFlight", "expected at least 1, found \(maxInFlight)")
        found.require((0...10_000).contains(retain), "retain", "expected 0 to 10000, found \(retain)")
        found.require(
            // What is out of any range is said once.
            retain <= maxQueuedMessagesPerClient || retain > 10_000 || spills,
            "retain",
            "expected at most maxQueuedMessagesPerClient (\(maxQueuedMessagesPerClient)), which a new subscriber can hold, "
                + "found \(retain)"
        )
        found.requireMilliseconds(messageTTL, "messageTTLMs", minimum: 1)
        found.requireMilliseconds(minInterval, "minIntervalMs", minimum: 1)
        found.requireBytes(maxSpillBytesPerClient, "maxSpillBytesPerClient")
        checkCoalesceKey(&found)
        checkSections(&found, registry)
        checkCombinations(&found)
    }

    private func checkCoalesceKey(_ found: inout ProblemList) {
        guard let coalesceKey else { return }
        do {
            _ = try JSONPointer(coalesceKey)
        } catch {
            found.add("coalesceKey", error.description)
        }
    }

    private func checkSections(_ found: inout ProblemList, _ registry: PluginRegistry) {
        if let retryBackoff {
            found.nested("retryBackoff") { retryBackoff.check(&$0, ackTimeout: ackTimeout) }
        }
        if let overflowPolicy {
            found.nested("overflowPolicy") { registry.check(overflowPolicy, .overflowPolicy, &$0) }
        }
        if let tokenValidator {
            found.nested("tokenValidator") { registry.check(tokenValidator, .tokenValidator, &$0) }
        }
        if let spillStore {
            found.nested("spillStore") { registry.check(spillStore, .spillStore, &$0) }
        }
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
}

extension RetryBackoff {
    fileprivate func check(_ found: inout ProblemList, ackTimeout: Duration) {
        found.require((1...10).contains(multiplier), "multiplier", "expected 1 to 10, found \(multiplier)")
        found.requireMilliseconds(maxDelay, "maxDelayMs", minimum: 0)
        found.require(
            maxDelay >= ackTimeout,
            "maxDelayMs",
            "expected at least ackTimeoutMs (\(ackTimeout.inMilliseconds)), found \(maxDelay.inMilliseconds)"
        )
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
