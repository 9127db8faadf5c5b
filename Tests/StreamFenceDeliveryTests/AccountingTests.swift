import StreamFenceBuiltin
import StreamFencePluginKit
import StreamFenceTestSupport
import Testing

@testable import StreamFenceDelivery

/// What lanes should do, written down again as plainly as possible and sharing no code with the engine.
private struct Model {
    typealias Entry = (name: String, bytes: Int)

    let maxMessages: Int
    let maxBytes: Int
    let rule: Rule
    var queues: [String: [Entry]] = [:]
    var turns: [String] = []
    var room = 0
    var written: [String] = []
    var counts = Counts()

    enum Rule: CaseIterable {
        case rejectNew, dropOldest, coalesce, snapshotOnly, custom

        /// Every message its own key, except where keys matter: there many share one.
        func key(_ name: String) -> String { self == .coalesce ? String(name.prefix(1)) : name }
    }

    var held: Int { queues.values.joined().reduce(0) { $0 + $1.bytes } }

    mutating func drain() {
        while room > 0, !turns.isEmpty {
            let topic = turns.removeFirst()
            guard let first = queues[topic]?.first else { continue }
            queues[topic]?.removeFirst()
            written.append(first.name)
            counts.delivered += 1
            room = max(0, room - first.bytes)
            if queues[topic]?.isEmpty == false { turns.append(topic) }
        }
    }

    mutating func unsubscribe(_ topic: String) {
        counts.discarded += queues[topic]?.count ?? 0
        queues[topic] = nil
        turns.removeAll { $0 == topic }
    }

    mutating func offer(_ entries: [Entry], to topic: String) {
        counts.offered += entries.count
        let bytes = entries.reduce(0) { $0 + $1.bytes }
        if turns.isEmpty, bytes <= room, entries.allSatisfy({ $0.bytes <= maxBytes }) {
            written += entries.map(\.name)
            counts.delivered += entries.count
            room -= bytes
        } else {
            for entry in entries { offer(entry, to: topic) }
        }
    }

    private mutating func offer(_ entry: Entry, to topic: String) {
        if !fits(entry, topic) {
            guard entry.bytes <= maxBytes else { return counts.rejected += 1 }
            drain()
            while !fits(entry, topic) {
                guard makeRoom(for: entry, topic) else { return }
            }
        }
        queues[topic, default: []].append(entry)
        if !turns.contains(topic) { turns.append(topic) }
    }

    func fits(_ entry: Entry, _ topic: String) -> Bool {
        (queues[topic] ?? []).count < maxMessages && held + entry.bytes <= maxBytes
    }

    /// - Returns: false if the newcomer has been dealt with.
    private mutating func makeRoom(for entry: Entry, _ topic: String) -> Bool {
        let queue = queues[topic] ?? []
        let elsewhere = held - queue.reduce(0) { $0 + $1.bytes }
        switch rule {
        case .rejectNew:
            break
        case .dropOldest:
            if !queue.isEmpty, elsewhere + entry.bytes <= maxBytes {
                drop(0, topic)
                return true
            }
        case .coalesce:
            if let index = queue.lastIndex(where: { rule.key($0.name) == rule.key(entry.name) }),
                held - queue[index].bytes + entry.bytes <= maxBytes
            {
                queues[topic]?[index] = entry
                counts.coalesced += 1
                return false
            }
        case .snapshotOnly:
            if !queue.isEmpty, elsewhere + entry.bytes <= maxBytes {
                replaceAll(topic)
                return true
            }
        case .custom:
            switch customDecision(entry.name, queue.count) {
            case .evictOldest(let count) where count > 0 && !queue.isEmpty:
                for _ in 0..<min(count, queue.count) { drop(0, topic) }
                return true
            case .evict(let index) where index >= 0 && index < queue.count:
                drop(index, topic)
                return true
            case .evictAll where !queue.isEmpty:
                replaceAll(topic)
                return true
            case .replace(let index) where index >= 0 && index < queue.count:
                if held - queue[index].bytes + entry.bytes <= maxBytes {
                    queues[topic]?[index] = entry
                    counts.coalesced += 1
                    return false
                }
            default:
                break
            }
        }
        counts.rejected += 1
        return false
    }

    private mutating func replaceAll(_ topic: String) {
        counts.replaced += queues[topic]?.count ?? 0
        queues[topic] = []
    }

    private mutating func drop(_ index: Int, _ topic: String) {
        queues[topic]?.remove(at: index)
        counts.dropped += 1
    }
}

/// Any decision at all, the nonsense included, the same for the same situation.
private func customDecision(_ newcomer: String, _ count: Int) -> OverflowDecision {
    var generator = SeededGenerator(seed: UInt64(count) &* 31 &+ newcomer.utf8.reduce(7) { $0 &* 33 &+ UInt64($1) })
    let number = Int.random(in: -1...5, using: &generator)
    switch Int.random(in: 0..<6, using: &generator) {
    case 0: return .evictOldest(count: number)
    case 1: return .evict(at: number)
    case 2: return .evictAll
    case 3: return .replace(at: number)
    case 4: return .disconnect(reason: "random")
    default: return .reject()
    }
}

@Suite("Accounting")
struct AccountingTests {
    @Test("Every offered message ends in exactly one outcome or still waits", arguments: Model.Rule.allCases)
    fileprivate func accounting(rule: Model.Rule) async {
        let seed = printedSeed("accounting(\(rule))")
        for sequence in 0..<20_000 {
            // Other tests wait for the same threads.
            if sequence % 100 == 0 { await Task.yield() }
            var generator = SeededGenerator(seed: seed &+ UInt64(sequence))
            guard let difference = run(rule, &generator) else { continue }
            Issue.record("STREAMFENCE_SEED=\(seed), sequence \(sequence): \(difference)")
            return
        }
    }

    /// Does the same random things to a subscriber and to the model.
    ///
    /// - Returns: where the two differ; nil if they don't.
    private func run(_ rule: Model.Rule, _ generator: inout SeededGenerator) -> String? {
        let maxMessages = Int.random(in: 1...4, using: &generator)
        let maxBytes = Int.random(in: 1...24, using: &generator)
        let policy: any OverflowPolicy
        switch rule {
        case .rejectNew: policy = RejectNew()
        case .dropOldest: policy = DropOldest()
        case .coalesce: policy = Coalesce()
        case .snapshotOnly: policy = SnapshotOnly()
        case .custom: policy = Deciding { customDecision($0.newcomer.key ?? "", $0.queue.count) }
        }
        let subscriber = Subscriber(messages: maxMessages, bytes: maxBytes, policy: policy)
        var model = Model(maxMessages: maxMessages, maxBytes: maxBytes, rule: rule)
        for step in 0..<Int.random(in: 5...25, using: &generator) {
            act(on: subscriber, &model, step, &generator)
            if let difference = difference(subscriber, model) { return "step \(step): \(difference)" }
        }
        let written = subscriber.transport.written
        return written == model.written ? nil : "expected \(model.written) to be written, found \(written)"
    }

    private func act(
        on subscriber: Subscriber,
        _ model: inout Model,
        _ step: Int,
        _ generator: inout SeededGenerator
    ) {
        let topic = ["a", "b", "c"].randomElement(using: &generator) ?? "a"
        switch Int.random(in: 0..<10, using: &generator) {
        case 0:
            subscriber.unsubscribe(topic)
            model.unsubscribe(topic)
        case 1...3:
            let count = Int.random(in: 0...20, using: &generator)
            subscriber.transportTakes(count)
            model.room += count
            model.drain()
        default:
            if subscriber.lanes.lane(for: Int(topic.utf8.first ?? 0)) == nil { subscriber.subscribe(topic) }
            let names = (0..<Int.random(in: 1...4, using: &generator)).map { index in
                "\(step).\(index)" + String(repeating: "x", count: Int.random(in: 0...6, using: &generator))
            }
            subscriber.lane(topic).offer(names, key: model.rule.key)
            model.offer(names.map { ($0, $0.utf8.count) }, to: topic)
            if Bool.random(using: &generator) {
                subscriber.writer.drain()
                model.drain()
            }
        }
    }

    private func difference(_ subscriber: Subscriber, _ model: Model) -> String? {
        var waiting = 0
        for topic in ["a", "b", "c"] {
            let isOpen = subscriber.lanes.lane(for: Int(topic.utf8.first ?? 0)) != nil
            let queue = isOpen ? subscriber.queue(topic) : []
            waiting += queue.count
            let expected = (model.queues[topic] ?? []).map { model.rule.key($0.name) }
            if queue != expected { return "expected \(topic) to hold \(expected), found \(queue)" }
        }
        let counts = subscriber.counts
        if counts != model.counts { return "expected \(model.counts), found \(counts)" }
        if counts.offered != counts.ended + waiting { return "\(counts) and \(waiting) waiting don't add up" }
        let held = subscriber.lanes.queuedBytes
        return held == model.held ? nil : "expected \(model.held) bytes held, found \(held)"
    }
}
