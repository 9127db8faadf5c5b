import StreamFencePluginKit

/// What every overflow policy has to do: decide what can be done.
struct OverflowPolicyChecks: Sendable {
    let make: @Sendable () throws -> any OverflowPolicy

    init(_ make: @escaping @Sendable () throws -> any OverflowPolicy) {
        self.make = make
    }

    var all: [ContractCheck] {
        [
            ContractCheck("every decision about a full lane can be carried out") { [make] in
                let policy = try make()
                for cause in [OverflowCause.messages, .bytes, .memory] {
                    for count in [1, 2, 100, 10_000] { try decide(policy, cause, SampleQueue(count: count)) }
                }
            },
            ContractCheck("an empty lane, whose client holds its budget elsewhere, is no surprise") { [make] in
                let policy = try make()
                for cause in [OverflowCause.bytes, .memory] { try decide(policy, cause, SampleQueue(count: 0)) }
            },
            ContractCheck("messages without a key, and payloads of any JSON, are no surprise") { [make] in
                let policy = try make()
                for payload in ["null", "-1.5e300", "\"\\u0000\"", "[]", "{}", "{\"level\":[]}", "{\"level\":1e999}"] {
                    let queue = SampleQueue(count: 50, keys: [], payload: payload)
                    try decide(policy, .messages, queue)
                    Array(payload.utf8).withUnsafeBytes { _ = policy.rank(payload: $0, key: nil) }
                }
            },
            ContractCheck("several threads may ask at once") { [make] in
                let policy = try make()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 1...8 {
                        group.addTask {
                            for _ in 0..<500 { try decide(policy, .messages, SampleQueue(count: number * 10)) }
                        }
                    }
                    try await group.waitForAll()
                }
            },
        ]
    }

    /// Has the policy decide, and checks that the core could do it.
    private func decide(_ policy: any OverflowPolicy, _ cause: OverflowCause, _ queue: SampleQueue) throws {
        let decision = policy.decide(
            Overflow(
                cause: cause,
                maxMessages: max(queue.count, 1),
                maxBytes: queue.bytes + 100,
                queuedBytes: queue.bytes + 100,
                queue: queue
            )
        )
        let isPossible =
            switch decision {
            case .evictOldest(let number): number >= 1 && queue.count > 0
            case .evict(let index), .replace(let index): (0..<queue.count).contains(index)
            case .evictAll: queue.count > 0
            case .reject, .spill, .disconnect: true
            }
        try Violation.require(
            isPossible,
            expected: "a decision that can be carried out on \(queue.count) waiting messages",
            found: "\(decision)"
        )
    }
}

/// A lane's messages, all of one size.
private struct SampleQueue: OverflowQueue {
    let namespace = "/feed"
    let topic = "snapshot"
    let count: Int
    var keys: [String?] = ["EURUSD", nil, "GBPUSD"]
    var payload = #"{"symbol":"EURUSD","level":3,"price":1.08}"#

    var bytes: Int { count * 100 }
    var newcomer: MessageSummary { MessageSummary(bytes: 100, key: key(of: 0)) }
    var newestOfNewcomersKey: Int? { lastIndex(ofKey: newcomer.key) }

    private func key(of index: Int) -> String? { keys.isEmpty ? nil : keys[index % keys.count] }

    func lastIndex(ofKey key: String?) -> Int? { (0..<count).last { self.key(of: $0) == key } }

    func message(at index: Int) -> MessageSummary? {
        (0..<count).contains(index) ? MessageSummary(bytes: 100, key: key(of: index), rank: rank(at: index)) : nil
    }

    func bytes(at index: Int) -> Int { (0..<count).contains(index) ? 100 : 0 }
    func rank(at index: Int) -> Int64 { (0..<count).contains(index) ? Int64(index % 7) : 0 }

    func withPayload(at index: Int?, _ body: (UnsafeRawBufferPointer) -> Void) {
        Array(payload.utf8).withUnsafeBytes(body)
    }
}
