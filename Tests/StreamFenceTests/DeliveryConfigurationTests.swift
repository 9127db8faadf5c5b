import StreamFence
import Testing

@Suite("Configuration rules of delivery")
struct DeliveryConfigurationTests {
    /// A change to a namespace that breaks rules, and what is said about it.
    struct Rule: Sendable, CustomTestStringConvertible {
        let problems: [String]
        let change: @Sendable (inout NamespaceConfiguration) -> Void

        init(_ problems: String..., change: @escaping @Sendable (inout NamespaceConfiguration) -> Void) {
            self.problems = problems
            self.change = change
        }

        var testDescription: String { problems.joined(separator: "; ") }
    }

    private static let milliseconds = "expected 1 to 2147483647 milliseconds, found"
    private static let acknowledged = "has an effect with AT_LEAST_ONCE only"
    private static let spilled = "has an effect with SPILL_TO_DISK only"

    static let ranges: [Rule] = [
        Rule("retain: expected 0 to 10000, found -1") { $0.retain = -1 },
        Rule("retain: expected 0 to 10000, found 10001") { $0.retain = 10_001 },
        Rule("retain: expected at most maxQueuedMessagesPerClient (64), which a new subscriber can hold, found 65") {
            $0.retain = 65
        },
        Rule("maxQueuedBytesPerClient: expected at most 1125899906842624 bytes, found 1125899906842625") {
            $0.maxQueuedBytesPerClient = 1 << 50 + 1
        },
        Rule("messageTTLMs: \(milliseconds) 0") { $0.messageTTL = .zero },
        Rule("messageTTLMs: \(milliseconds) 3000000000") { $0.messageTTL = .seconds(3_000_000) },
        Rule("minIntervalMs: \(milliseconds) -1000") { $0.minInterval = .seconds(-1) },
        Rule("minIntervalMs: \(milliseconds) \(Duration.seconds(Int64.max))") { $0.minInterval = .seconds(Int64.max) },
        Rule("ackTimeoutMs: \(milliseconds) 0", "ackTimeoutMs: \(acknowledged)") { $0.ackTimeout = .zero },
        Rule("maxRetries: expected 0 or more, found -1", "maxRetries: \(acknowledged)") { $0.maxRetries = -1 },
        Rule("maxInFlight: expected at least 1, found 0", "maxInFlight: \(acknowledged)") { $0.maxInFlight = 0 },
        Rule("maxSpillBytesPerClient: expected at least 1 byte, found 0") {
            $0.overflowAction = .spillToDisk
            $0.maxSpillBytesPerClient = 0
        },
        Rule("coalesceKey: expected a JSON pointer that starts with /, such as /symbol, found \"symbol\"") {
            $0.coalesce = true
            $0.coalesceKey = "symbol"
        },
        Rule("coalesceKey: expected a JSON pointer with ~0 for ~ and ~1 for /, found \"/a~\"") {
            $0.overflowAction = .coalesce
            $0.coalesceKey = "/a~"
        },
        Rule("retryBackoff.multiplier: expected 1 to 10, found 0.99") {
            atLeastOnce(&$0)
            $0.retryBackoff = RetryBackoff(multiplier: 0.99)
        },
        Rule("retryBackoff.multiplier: expected 1 to 10, found 10.01") {
            atLeastOnce(&$0)
            $0.retryBackoff = RetryBackoff(multiplier: 10.01)
        },
        Rule("retryBackoff.multiplier: expected 1 to 10, found nan") {
            atLeastOnce(&$0)
            $0.retryBackoff = RetryBackoff(multiplier: .nan)
        },
        Rule("retryBackoff.maxDelayMs: expected at least ackTimeoutMs (1000), found 999") {
            atLeastOnce(&$0)
            $0.retryBackoff = RetryBackoff(maxDelay: .milliseconds(999))
        },
        Rule("retryBackoff.maxDelayMs: expected 0 to 2147483647 milliseconds, found 3000000000") {
            atLeastOnce(&$0)
            $0.retryBackoff = RetryBackoff(maxDelay: .seconds(3_000_000))
        },
    ]

    static let combinations: [Rule] = [
        Rule("ackTimeoutMs: \(acknowledged)") { $0.ackTimeout = .seconds(2) },
        Rule("maxRetries: \(acknowledged)") { $0.maxRetries = 1 },
        Rule("maxInFlight: \(acknowledged)") { $0.maxInFlight = 2 },
        Rule("retryBackoff: \(acknowledged)") { $0.retryBackoff = RetryBackoff() },
        Rule("ackStyle: \(acknowledged)") { $0.ackStyle = .socketio },
        Rule("coalesceKey: has an effect with overflowAction: COALESCE or coalesce: true only") {
            $0.overflowAction = .dropOldest
            $0.coalesceKey = "/symbol"
        },
        Rule("inboundAckPolicy: has no effect with clientPublish: deny") {
            $0.clientPublish = .deny
            $0.inboundAckPolicy = .ackAfterHandlerSuccess
        },
        Rule("retain: expected at most 1 with minIntervalMs, of which only the newest message waits, found 2") {
            $0.minInterval = .seconds(1)
            $0.retain = 2
        },
        Rule("maxSpillBytesPerClient: \(spilled)", "spillStore: \(spilled)") {
            $0.maxSpillBytesPerClient = 1
            $0.spillStore = PluginChoice(use: "log")
        },
        Rule("spillStore.use: expected one of json-files, log, found \"\"", "spillStore: \(spilled)") {
            $0.overflowAction = .disconnect
            $0.spillStore = PluginChoice(use: "")
        },
        Rule("minIntervalMs: SPILL_TO_DISK expects none, as a lane that holds the newest message only never spills") {
            $0.overflowAction = .spillToDisk
            $0.minInterval = .seconds(1)
        },
        Rule("messageTTLMs: AT_LEAST_ONCE expects none, as a message that expires is lost") {
            atLeastOnce(&$0)
            $0.messageTTL = .seconds(1)
        },
        Rule("minIntervalMs: AT_LEAST_ONCE expects none, as only the newest message of an interval is sent") {
            atLeastOnce(&$0)
            $0.overflowAction = .spillToDisk
            $0.minInterval = .seconds(1)
        },
        Rule("maxRetries: AT_LEAST_ONCE expects at least 1, found 0") { $0.deliveryMode = .atLeastOnce },
        Rule("coalesce: AT_LEAST_ONCE expects false, as each message is acknowledged by itself") {
            atLeastOnce(&$0)
            $0.coalesce = true
        },
        Rule("maxInFlight: expected at most maxQueuedMessagesPerClient (64), found 65") {
            atLeastOnce(&$0)
            $0.maxInFlight = 65
        },
    ]

    private static func atLeastOnce(_ namespace: inout NamespaceConfiguration) {
        namespace.deliveryMode = .atLeastOnce
        namespace.maxRetries = 1
    }

    @Test("A value beyond what makes sense is named with what was expected and what was found", arguments: ranges)
    func range(rule: Rule) {
        expect(rule)
    }

    @Test(
        "A key that another one rules out, or without which it has no effect, is named with the reason",
        arguments: combinations
    )
    func combination(rule: Rule) {
        expect(rule)
    }

    @Test(
        "AT_LEAST_ONCE refuses every overflow action that may lose a message",
        arguments: [OverflowAction.dropOldest, .coalesce, .snapshotOnly, .disconnect]
    )
    func losingActions(action: OverflowAction) {
        let expected = "AT_LEAST_ONCE expects REJECT_NEW or SPILL_TO_DISK"
        let rule = Rule("overflowAction: \(expected), found \(action.rawValue), which may lose messages") {
            Self.atLeastOnce(&$0)
            $0.overflowAction = action
        }
        expect(rule)
    }

    /// Checks that a configuration is refused by the server that is made of it, in these words.
    private func expect(_ rule: Rule) {
        #expect {
            try server(feed(rule.change))
        } throws: { error in
            let expected = rule.problems.map { "servers.default.namespaces[0].\($0)" }
            return (error as? ConfigurationError)?.description == expected.joined(separator: "\n")
        }
    }

    @Test("A server takes every overflow action, with and without coalescing", arguments: OverflowAction.allCases)
    func overflowActions(action: OverflowAction) throws {
        for coalesce in [false, true] {
            _ = try server(
                feed {
                    $0.overflowAction = action
                    $0.coalesce = coalesce
                    $0.coalesceKey = coalesce ? "" : nil
                }
            )
        }
    }

    @Test("The limits themselves are allowed, and what is lost nowhere goes together")
    func limits() throws {
        _ = try server(
            feed {
                Self.atLeastOnce(&$0)
                $0.overflowAction = .spillToDisk
                $0.maxInFlight = 64
                $0.retain = 10_000
                $0.notifyGaps = true
                $0.ackStyle = .socketio
                $0.ackTimeout = .milliseconds(Int32.max)
                $0.retryBackoff = RetryBackoff(multiplier: 10, maxDelay: .milliseconds(Int32.max))
                $0.maxQueuedBytesPerClient = 1 << 50
                $0.maxSpillBytesPerClient = 1 << 50
                $0.spillStore = PluginChoice(use: "json-files")
            }
        ) {
            $0.maxQueuedBytes = 1 << 50
            $0.maxSpillBytes = 1
            $0.maxSpillPendingBytes = 1
            $0.spillRootPath = "/var/spill"
        }
        _ = try server(
            feed {
                $0.retain = 1
                $0.minInterval = .milliseconds(1)
                $0.messageTTL = .milliseconds(Int32.max)
                $0.overflowAction = .coalesce
                $0.coalesceKey = "/a~0b~1c"
            }
        )
    }
}
