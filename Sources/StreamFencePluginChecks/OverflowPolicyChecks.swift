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
                    for count in [1, 2, 100, 10_000] {
                        let lane = SampleLane(count: count)
                        for isTold in [false, true] { try decide(policy, cause, lane, asksForNewest: isTold) }
                    }
                }
            },
            ContractCheck("an empty lane, whose client holds its budget elsewhere, is no surprise") { [make] in
                let policy = try make()
                for cause in [OverflowCause.bytes, .memory] { try decide(policy, cause, SampleLane(count: 0)) }
            },
            ContractCheck("messages without a key, and payloads of any JSON, are no surprise") { [make] in
                let policy = try make()
                for payload in ["null", "-1.5e300", "\"\\u0000\"", "[]", "{}", "{\"level\":[]}", "{\"level\":1e999}"] {
                    let lane = SampleLane(count: 50, keys: [], payload: payload)
                    try decide(policy, .messages, lane)
                    Array(payload.utf8).withUnsafeBytes { _ = policy.rank(payload: $0, key: nil) }
                }
            },
            ContractCheck("a decision about a few messages takes at most 50 microseconds, at its fastest") { [make] in
                let policy = try make()
                let lane = SampleLane(count: 10)
                var fastest = Duration.seconds(1)
                // The slow ones may be the machine's.
                for _ in 0..<100 {
                    fastest = min(fastest, try ContinuousClock().measure { try decide(policy, .messages, lane) })
                }
                try Violation.require(
                    fastest <= .microseconds(50),
                    expected: "at most 50 microseconds",
                    found: "\(Int(fastest / .microseconds(1)))"
                )
            },
            ContractCheck("several threads may ask at once") { [make] in
                let policy = try make()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 1...8 {
                        group.addTask {
                            for _ in 0..<500 { try decide(policy, .messages, SampleLane(count: number * 10)) }
                        }
                    }
                    try await group.waitForAll()
                }
            },
        ]
    }

    /// Has the policy decide, and checks that the core could do it.
    private func decide(
        _ policy: any OverflowPolicy,
        _ cause: OverflowCause,
        _ lane: SampleLane,
        asksForNewest: Bool = false
    ) throws {
        let decision = Overflow.with(
            cause: cause,
            maxMessages: max(lane.count, 1),
            maxBytes: lane.bytes + 100,
            queuedBytes: lane.bytes + 100,
            count: lane.count,
            bytes: lane.bytes,
            newcomerBytes: lane.bytes(at: nil),
            asksForNewest: asksForNewest,
            lane: lane
        ) { policy.decide($0) }
        let isPossible =
            switch decision {
            case .evictOldest(let number): number >= 1 && lane.count > 0
            case .evict(let index), .replace(let index): (0..<lane.count).contains(index)
            case .evictAll: lane.count > 0
            case .reject, .spill, .disconnect: true
            }
        try Violation.require(
            isPossible,
            expected: "a decision that can be carried out on \(lane.count) waiting messages",
            found: "\(decision)"
        )
        guard let reason = decision.reason else { return }
        try Violation.require(
            reason.utf8.count <= longestReason,
            expected: "a reason of at most \(longestReason) bytes, and a zero at its end",
            found: "\(reason.utf8.count)"
        )
    }
}

/// What there is room for in `sf_error`.
private let longestReason = 1023

extension OverflowDecision {
    fileprivate var reason: String? {
        switch self {
        case .reject(let reason): reason
        case .disconnect(let reason): reason
        case .evictOldest, .evict, .evictAll, .replace, .spill: nil
        }
    }
}

/// A lane's messages, all of one size.
private struct SampleLane: LaneContents {
    let namespace = "/feed"
    let topic = "snapshot"
    let count: Int
    var keys: [String?] = ["EURUSD", nil, "GBPUSD"]
    var payload = #"{"symbol":"EURUSD","level":3,"price":1.08}"#

    var bytes: Int { count * 100 }

    func bytes(at index: Int?) -> Int { has(index) ? 100 : 0 }
    func rank(at index: Int?) -> Int64 { has(index) ? Int64((index ?? 0) % 7) : 0 }

    func key(at index: Int?) -> String? {
        has(index) && !keys.isEmpty ? keys[(index ?? 0) % keys.count] : nil
    }

    func newestOfSameKey(at index: Int?) -> Int? {
        let key = key(at: index)
        return has(index) ? (0..<count).last { self.key(at: $0) == key } : nil
    }

    private func has(_ index: Int?) -> Bool { index.map { (0..<count).contains($0) } ?? true }

    func withPayload(at index: Int?, _ body: (UnsafeRawBufferPointer) -> Void) {
        Array(has(index) ? payload.utf8 : "".utf8).withUnsafeBytes(body)
    }
}
