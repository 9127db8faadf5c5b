import StreamFencePluginKit
import StreamFenceTestSupport

/// What a sequence's namespace says, drawn at random. Times are in milliseconds.
struct Setup {
    /// The policies and modes that go together; the rest of a setup is left to chance.
    enum Kind: CaseIterable {
        case rejectNew, dropOldest, coalesce, snapshotOnly, disconnect, custom
        case reliableRejectNew, reliableCustom
        case spill, customSpill, reliableSpill, reliableCustomSpill

        static var inMemory: [Kind] { allCases.filter { !$0.spills } }
        static var spilling: [Kind] { allCases.filter(\.spills) }

        /// AT_LEAST_ONCE.
        var isReliable: Bool {
            switch self {
            case .reliableRejectNew, .reliableCustom, .reliableSpill, .reliableCustomSpill: true
            default: false
            }
        }

        var spills: Bool {
            switch self {
            case .spill, .customSpill, .reliableSpill, .reliableCustomSpill: true
            default: false
            }
        }

        var isCustom: Bool {
            switch self {
            case .custom, .reliableCustom, .customSpill, .reliableCustomSpill: true
            default: false
            }
        }
    }

    struct Acknowledgement {
        let maxInFlight: Int
        let maxRetries: Int
        let timeout: Int
        let multiplier: Int
        let maxDelay: Int

        /// How long a message waits for its acknowledgement that was sent again so many times.
        func delay(_ retries: Int) -> Int {
            var delay = timeout
            for _ in 0..<retries { delay = min(delay * multiplier, maxDelay) }
            return delay
        }
    }

    let kind: Kind
    let clients: Int
    let topics: [String]
    let maxMessages: Int
    let maxBytes: Int
    let memory: Int
    let coalesces: Bool
    let timeToLive: Int?
    let minInterval: Int?
    let notifiesGaps: Bool
    let acknowledgement: Acknowledgement?

    init(_ kind: Kind, _ generator: inout SeededGenerator) {
        self.kind = kind
        clients = generator.chance(30) ? 2 : 1
        topics = Array(["a", "b", "c"].prefix(Int.random(in: 1...3, using: &generator)))
        maxMessages = Int.random(in: 1...5, using: &generator)
        maxBytes = Int.random(in: 4...40, using: &generator)
        memory = generator.chance(30) ? Int.random(in: 4...40, using: &generator) : 100_000
        notifiesGaps = Bool.random(using: &generator)
        if kind.isReliable {
            acknowledgement = Acknowledgement(
                maxInFlight: Int.random(in: 1...maxMessages, using: &generator),
                maxRetries: Int.random(in: 1...3, using: &generator),
                timeout: Int.random(in: 1...4, using: &generator),
                multiplier: Int.random(in: 1...2, using: &generator),
                maxDelay: Int.random(in: 4...9, using: &generator)
            )
            coalesces = false
            timeToLive = nil
            minInterval = nil
        } else {
            acknowledgement = nil
            coalesces = generator.chance(25)
            timeToLive = generator.chance(25) ? Int.random(in: 1...6, using: &generator) : nil
            minInterval = generator.chance(25) ? Int.random(in: 1...4, using: &generator) : nil
        }
    }
}

/// A message as the models know it.
struct Sample: Equatable {
    /// Starts with its topic; as long as the message is large.
    let name: String
    let key: String?
    let number: UInt64
    let publishedAt: Int

    var bytes: Int { name.utf8.count }
    var topic: String { String(name.prefix(1)) }
}

/// Any decision at all, the nonsense included, the same for the same situation.
func customDecision(_ newcomer: String?, _ count: Int, spills: Bool) -> OverflowDecision {
    var generator = SeededGenerator(seed: (newcomer ?? "").utf8.reduce(UInt64(count)) { $0 &* 33 &+ UInt64($1) })
    let number = Int.random(in: -1...5, using: &generator)
    switch Int.random(in: 0..<20, using: &generator) {
    case 0..<4: return .evictOldest(count: number)
    case 4..<8: return .evict(at: number)
    case 8..<10: return .evictAll
    case 10..<13: return .replace(at: number)
    case 13: return .disconnect(reason: "random")
    case 14 where !spills: return .spill
    case 14..<19 where spills: return .spill
    default: return .reject()
    }
}

/// Every order that things can come in.
func orders<Thing>(of things: [Thing]) -> [[Thing]] {
    guard things.count > 1 else { return [things] }
    return things.indices.flatMap { first -> [[Thing]] in
        var rest = things
        let thing = rest.remove(at: first)
        return orders(of: rest).map { [thing] + $0 }
    }
}
