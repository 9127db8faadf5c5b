import NIOCore
import StreamFenceTestSupport
import Testing

@testable import StreamFenceDelivery

/// Lanes in memory against the ``Model``, which says exactly what they hold, send and count.
@Suite("Accounting")
struct ModelTests {
    @Test("Lanes in memory hold, send and count exactly what the model does", arguments: Setup.Kind.inMemory)
    func accounting(_ kind: Setup.Kind) async {
        let seed = printedSeed("accounting(\(kind))")
        for sequence in sequences(of: kind) {
            // Other tests wait for the same threads.
            if sequence % 50 == 0 { await Task.yield() }
            var pair = Pair(kind, seed: seed &+ UInt64(sequence))
            guard let difference = pair.run() else { continue }
            Issue.record("STREAMFENCE_SEED=\(seed), \(kind), sequence \(sequence): \(difference)")
            return
        }
    }
}

/// The engine and its model, to which the same things are done.
private struct Pair {
    private var draw: Draw
    private var model: Model
    private let bench: Bench
    private let setup: Setup

    init(_ kind: Setup.Kind, seed: UInt64) {
        draw = Draw(seed: seed)
        setup = Setup(kind, &draw.generator)
        model = Model(setup)
        bench = Bench(setup)
    }

    /// - Returns: where the two differ; nil if they don't.
    mutating func run() -> String? {
        for step in 0..<draw.number(8...24) {
            let action = act()
            if let difference = difference() { return "step \(step), \(action): \(difference)\n\(setup)" }
        }
        if let difference = settle() { return "at the end: \(difference)\n\(setup)" }
        return differenceOfReasons()
    }

    // MARK: What happens

    private mutating func act() -> String {
        let client = draw.number(0...(setup.clients - 1))
        let topic = draw.one(of: setup.topics) ?? "a"
        switch draw.number(0...19) {
        case 0..<8:
            return publish(client, topic)
        case 8..<11:
            return writable(client, draw.number(0...30))
        case 11:
            return blocked(client)
        case 12..<15:
            return acknowledge(client, topic)
        case 15..<18:
            return pass(draw.number(1...6))
        case 18:
            bench.loop.run()
            model.run()
            return "the tick ends"
        default:
            return draw.generator.chance(70) ? unsubscribe(client, topic) : leave(client)
        }
    }

    private mutating func publish(_ client: Int, _ topic: String) -> String {
        if bench.lane(client, topic) == nil {
            bench.subscribe(client, topic)
            model.subscribe(client, topic)
        }
        var samples: [Sample] = []
        for _ in 0..<draw.number(1...4) { samples.append(draw.sample(topic, now: model.now)) }
        bench.offer(samples, client, topic)
        model.offer(samples, client, topic)
        if draw.generator.chance(60) { drain(client) }
        return "\(client) is offered \(samples.map(\.name))"
    }

    private mutating func drain(_ client: Int) {
        bench.clients[client].writer.drain()
        model.drain(client)
    }

    private mutating func writable(_ client: Int, _ room: Int) -> String {
        bench.clients[client].transport.hasUnsent = false
        bench.clients[client].transport.room += room
        model.clients[client].hasUnsent = false
        model.clients[client].room += room
        drain(client)
        return "\(client) takes \(room)"
    }

    private mutating func blocked(_ client: Int) -> String {
        bench.clients[client].transport.hasUnsent = true
        model.clients[client].hasUnsent = true
        if draw.generator.chance(50) {
            bench.clients[client].transport.room = 0
            model.clients[client].room = 0
        }
        return "\(client) is blocked"
    }

    private mutating func acknowledge(_ client: Int, _ topic: String) -> String {
        let flight = model.clients[client].lanes.values.flatMap { $0.flight.map(\.sample.number) }.sorted()
        // Mostly one that is in flight, sometimes any number at all.
        let known = draw.generator.chance(80) ? draw.one(of: flight) : nil
        let number = known ?? UInt64(draw.number(0...40))
        let lane = bench.lane(client, topic)
        if draw.generator.chance(20) {
            let isKnown = bench.clients[client].lanes.acknowledge(shortNumber: number)
            let owner = model.clients[client].lanes.first { $0.value.flight.contains { $0.sample.number == number } }
            if let owner { _ = model.acknowledge(number, client, owner.key) }
            if isKnown != (owner != nil) { Issue.record("\(number) was known: \(isKnown)") }
        } else {
            let outcome = bench.clients[client].lanes.acknowledge(number, on: lane)
            let expected = model.acknowledge(number, client, topic)
            if "\(outcome)" != expected {
                Issue.record("\(number) on \(topic): expected \(expected), found \(outcome)")
            }
        }
        return "\(client) acknowledges \(number) on \(topic)"
    }

    private mutating func pass(_ time: Int) -> String {
        // A connection is never left undrained for a time.
        for client in bench.clients.indices { drain(client) }
        bench.loop.run()
        model.run()
        let end = model.now + time
        while model.now < end {
            let next = min(model.nextInstant ?? end, end)
            bench.pass(next - model.now)
            model.wake(at: next, seen: bench.clients.map { ($0.transport.log, $0.writer.turns.map(\.topic)) })
        }
        return "\(time) ms pass"
    }

    private mutating func unsubscribe(_ client: Int, _ topic: String) -> String {
        bench.unsubscribe(client, topic)
        model.unsubscribe(client, topic)
        return "\(client) unsubscribes from \(topic)"
    }

    private mutating func leave(_ client: Int) -> String {
        for topic in setup.topics { _ = unsubscribe(client, topic) }
        return "\(client) leaves"
    }

    // MARK: The end

    /// Every client takes and acknowledges everything: nothing may be left.
    private mutating func settle() -> String? {
        for _ in 0..<60 {
            for client in bench.clients.indices {
                _ = writable(client, 1000)
                for (topic, lane) in model.clients[client].lanes {
                    for flight in lane.flight {
                        _ = model.acknowledge(flight.sample.number, client, topic)
                        _ = bench.clients[client].lanes.acknowledge(flight.sample.number, on: bench.lane(client, topic))
                    }
                }
            }
            if bench.clients.allSatisfy({ $0.writer.held == 0 }) { break }
            _ = pass(2)
        }
        for client in bench.clients where client.writer.held > 0 { return "\(client.writer.held) messages are stuck" }
        return differenceOfLogs() ?? difference()
            ?? (bench.memory.held == 0 ? nil : "\(bench.memory.held) bytes are held by nobody")
    }

    // MARK: Comparing

    private func difference() -> String? {
        for client in bench.clients.indices {
            let (found, expected) = (bench.clients[client], model.clients[client])
            for topic in setup.topics {
                let names = bench.lane(client, topic)?.names ?? []
                let lane = expected.lanes[topic]
                let expectedNames = lane?.queue.map(\.sample.name) ?? []
                if names != expectedNames { return "expected \(topic) to hold \(expectedNames), found \(names)" }
                guard setup.kind.isReliable else { continue }
                let flight = bench.lane(client, topic)?.flightNames.sorted() ?? []
                let expectedFlight = lane?.flight.map(\.sample.name).sorted() ?? []
                if flight != expectedFlight { return "expected \(expectedFlight) in flight, found \(flight)" }
            }
            // All of it is compared at the end; this finds most differences where they arise.
            let log = found.transport.log
            if log.count != expected.log.count || log.last != expected.log.last { return differenceOfLogs() }
            let counts = found.counts
            if counts != expected.counts { return "expected \(expected.counts), found \(counts)" }
            if counts.offered != counts.ended + found.writer.held { return "\(counts) don't add up" }
            if found.writer.held != expected.held {
                return "expected \(expected.held) messages held, found \(found.writer.held)"
            }
            let inFlight = expected.lanes.values.reduce(0) { $0 + $1.flight.count }
            if found.count(.flight) != inFlight || found.count(.memory) != expected.held {
                return "expected \(expected.held) messages in memory and \(inFlight) in flight, found "
                    + "\(found.count(.memory)) and \(found.count(.flight))"
            }
            if found.lanes.queuedBytes != expected.bytes {
                return "expected \(expected.bytes) bytes held, found \(found.lanes.queuedBytes)"
            }
            let isDisconnected = !found.transport.disconnects.isEmpty
            if isDisconnected != expected.isDisconnecting { return "disconnected: \(isDisconnected)" }
        }
        if bench.memory.held != model.memory { return "expected \(model.memory) bytes, found \(bench.memory.held)" }
        return nil
    }

    private func differenceOfLogs() -> String? {
        for (found, expected) in zip(bench.clients, model.clients) where found.transport.log != expected.log {
            return "expected \(expected.log) to be written, found \(found.transport.log)"
        }
        return nil
    }

    private func differenceOfReasons() -> String? {
        for (found, expected) in zip(bench.clients, model.clients) {
            let events = Events(
                retries: found.count(.retries),
                stale: found.count(.staleAcknowledgements),
                foreign: found.count(.foreignAcknowledgements)
            )
            if events != expected.events { return "expected \(expected.events), found \(events)" }
            for reason in OverflowReason.allCases {
                let (count, expected) = (found.count(reason), expected.reasons[reason.rawValue] ?? 0)
                if count != expected { return "expected \(expected) \(reason), found \(count)" }
            }
        }
        return nil
    }
}
