import StreamFencePluginKit
import Testing

/// A lane as a policy sees it: the sizes and keys of the messages that wait, oldest first.
private struct Waiting: LaneContents {
    let sizes: [Int]
    let keys: [String?]
    var newcomer: (bytes: Int, key: String?) = (0, nil)

    let namespace = "/feed"
    let topic = "snapshot"

    var count: Int { sizes.count }
    var bytes: Int { sizes.reduce(0, +) }

    func bytes(at index: Int?) -> Int {
        guard let index else { return newcomer.bytes }
        return sizes.indices.contains(index) ? sizes[index] : 0
    }

    func rank(at index: Int?) -> Int64 { 0 }

    func key(at index: Int?) -> String? {
        guard let index else { return newcomer.key }
        return keys.indices.contains(index) ? keys[index] : nil
    }

    func withPayload(at index: Int?, _ body: (UnsafeRawBufferPointer) -> Void) {
        body(UnsafeRawBufferPointer(start: nil, count: 0))
    }

    func newestOfSameKey(at index: Int?) -> Int? { keys.lastIndex(of: key(at: index)) }
}

@Suite("Built-in overflow policies")
struct PolicyTests {
    /// Lets each copy of a policy decide about a newcomer of `bytes` bytes; of the budget of 100, other lanes hold `elsewhere`.
    /// They decide alike, whether they are told the newest message of the newcomer's key or have to ask.
    private func decision(
        _ policy: String,
        _ cause: OverflowCause,
        waiting sizes: [Int],
        elsewhere: Int = 0,
        newcomer bytes: Int
    ) throws -> OverflowDecision? {
        let waiting = Waiting(sizes: sizes, keys: sizes.map { _ in nil })
        return try decision(policy, cause, waiting: waiting, elsewhere: elsewhere, newcomer: bytes, key: nil)
    }

    private func decision(
        _ policy: String,
        _ cause: OverflowCause,
        waiting: Waiting,
        elsewhere: Int = 0,
        newcomer bytes: Int,
        key: String?
    ) throws -> OverflowDecision? {
        var waiting = waiting
        waiting.newcomer = (bytes, key)
        let decisions = try Copy.allCases.flatMap { copy in
            let policy = try copy.policy(policy)
            return [false, true].map { isTold in
                Overflow.with(
                    cause: cause,
                    maxMessages: waiting.count,
                    maxBytes: 100,
                    queuedBytes: waiting.sizes.reduce(elsewhere, +),
                    count: waiting.count,
                    bytes: waiting.bytes,
                    newcomerBytes: bytes,
                    asksForNewest: isTold,
                    lane: waiting
                ) { policy.decide($0) }
            }
        }
        #expect(decisions.allSatisfy { $0 == decisions.first })
        return decisions.first
    }

    @Test("spill-to-disk spills")
    func spillToDisk() throws {
        #expect(try decision("spill-to-disk", .messages, waiting: [50, 50], newcomer: 10) == .spill)
    }

    @Test(
        "disconnect says which limit of which topic was reached",
        arguments: [OverflowCause.messages, .bytes, .memory]
    )
    func disconnect(cause: OverflowCause) throws {
        let expected = OverflowDecision.disconnect(reason: "snapshot: \(cause.rawValue)")
        #expect(try decision("disconnect", cause, waiting: [50, 50], newcomer: 10) == expected)
    }

    @Test("reject-new refuses the newcomer, whatever is full", arguments: [OverflowCause.messages, .bytes])
    func rejectNew(cause: OverflowCause) throws {
        #expect(try decision("reject-new", cause, waiting: [50, 50], newcomer: 10) == .reject())
    }

    @Test("drop-oldest gives up one message for one")
    func dropOldestMessage() throws {
        #expect(try decision("drop-oldest", .messages, waiting: [1, 2, 3], newcomer: 10) == .evictOldest(count: 1))
    }

    @Test(
        "drop-oldest gives up as few as free the bytes that are missing",
        arguments: [
            ([50, 50], 10, 1), ([50, 50], 50, 1), ([50, 50], 51, 2), ([10, 20, 30, 40], 30, 2), ([100], 100, 1),
        ]
    )
    func dropOldestBytes(sizes: [Int], newcomer: Int, count: Int) throws {
        #expect(try decision("drop-oldest", .bytes, waiting: sizes, newcomer: newcomer) == .evictOldest(count: count))
    }

    @Test("drop-oldest makes room under both limits at once")
    func dropOldestBoth() throws {
        #expect(try decision("drop-oldest", .messages, waiting: [50, 50], newcomer: 60) == .evictOldest(count: 2))
    }

    @Test("snapshot-only gives up everything for the newcomer", arguments: [OverflowCause.messages, .bytes])
    func snapshotOnly(cause: OverflowCause) throws {
        #expect(try decision("snapshot-only", cause, waiting: [30, 30, 40], newcomer: 100) == .evictAll)
    }

    @Test("snapshot-only throws nothing away when other lanes hold the budget")
    func snapshotOnlyCannotHelp() throws {
        #expect(try decision("snapshot-only", .bytes, waiting: [10, 10], elsewhere: 80, newcomer: 30) == .reject())
    }

    @Test(
        "coalesce puts the newcomer in the place of the latest message of its key, or refuses it",
        arguments: [
            (["a", "b", "a", "c"], "a", OverflowDecision.replace(at: 2)), (["a", "b"], "a", .replace(at: 0)),
            (["a", nil], nil, .replace(at: 1)), (["a", "b"], "c", .reject()), (["a"], nil, .reject()),
            ([], "a", .reject()),
        ] as [([String?], String?, OverflowDecision)]
    )
    func coalesce(waiting: [String?], newcomer: String?, expected: OverflowDecision) throws {
        for cause in [OverflowCause.messages, .bytes] {
            let keys = Waiting(sizes: waiting.map { _ in 10 }, keys: waiting)
            #expect(try decision("coalesce", cause, waiting: keys, newcomer: 10, key: newcomer) == expected)
        }
    }

    @Test("drop-oldest throws nothing away when other lanes hold the budget", arguments: [[], [10, 10]])
    func dropOldestCannotHelp(sizes: [Int]) throws {
        let elsewhere = 100 - sizes.reduce(0, +)
        for cause in [OverflowCause.messages, .bytes] {
            #expect(try decision("drop-oldest", cause, waiting: sizes, elsewhere: elsewhere, newcomer: 30) == .reject())
        }
    }
}
