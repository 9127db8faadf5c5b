import NIOCore
import StreamFencePluginKit
import StreamFenceTestSupport

@testable import StreamFenceDelivery

/// One random sequence: what is done to the engine, what it was seen to do, and what the model says to it.
final class SpillRun {
    typealias Place = SpillModel.Place

    var draw: Draw
    var model: SpillModel
    let setup: Setup
    let limits: Limits
    let bench: Bench
    let journal = Journal()
    let store = MemorySpillStore()
    let executor = ManualExecutor()
    let budget: SpillBudget
    let service: SpillService
    /// What the store has done that the engine has not heard of yet.
    var untold: [MemorySpillStore.Event] = []
    /// Lanes were closed whose last messages were being written; how many bytes those are is not known.
    var hasOrphans = false
    private var leavers = 0
    /// What happened, where it is asked for: descriptions take longer than all the rest.
    private(set) var story: [String]?

    /// In bytes.
    struct Limits {
        let stored: Int
        let pending: Int
        let perClient: Int

        init(_ generator: inout SeededGenerator) {
            stored = generator.chance(20) ? Int.random(in: 10...80, using: &generator) : 100_000
            pending = generator.chance(20) ? Int.random(in: 10...60, using: &generator) : 100_000
            perClient = generator.chance(20) ? Int.random(in: 10...60, using: &generator) : 100_000
        }
    }

    init(_ kind: Setup.Kind, seed: UInt64, tellsStory: Bool = false) {
        story = tellsStory ? [] : nil
        draw = Draw(seed: seed)
        setup = Setup(kind, &draw.generator)
        limits = Limits(&draw.generator)
        model = SpillModel(setup)
        budget = SpillBudget(maxStored: limits.stored, maxPending: limits.pending)
        service = SpillService(
            store: store,
            executor: executor,
            codec: TextCodec(),
            budget: budget,
            maxBytesPerClient: limits.perClient,
            reportFault: { _, _ in }
        )
        bench = Bench(setup, spill: service, journal: journal)
        for client in bench.clients.indices { listen(to: client) }
    }

    private func listen(to client: Int) {
        let (journal, loop) = (journal, bench.loop)
        bench.clients[client].transport.onWrite = { text in
            let at = Int(loop.now.uptimeNanoseconds / 1_000_000)
            journal.note(.wrote(client: client, text: text, at: at))
        }
    }

    /// - Returns: what was found wrong.
    func run() -> String? {
        for _ in 0..<draw.number(8...22) {
            act()
            check()
            if let fault = model.fault { return report(fault) }
        }
        settle()
        return model.fault.map { report($0) }
    }

    private func report(_ fault: String) -> String {
        "\(fault)\n\(setup)\n\(limits)\n" + (story ?? []).suffix(100).joined(separator: "\n")
    }

    func tell(_ what: @autoclosure () -> String) {
        if story != nil { story?.append(what()) }
    }

    // MARK: What happens

    private func act() {
        let client = draw.number(0...(setup.clients - 1))
        let topic = draw.one(of: setup.topics) ?? "a"
        switch draw.number(0...29) {
        case 0..<11:
            publish(Place(client: client, topic: topic))
        case 11..<14:
            writable(client, draw.number(0...30))
        case 14:
            blocked(client)
        case 15..<18:
            acknowledge(client, topic)
        case 18..<21:
            pass(draw.generator.chance(20) ? 1000 : draw.number(1...6))
        case 21..<28:
            workIsDone()
            if draw.generator.chance(70) { tickEnds() }
        case 28:
            unsubscribe(Place(client: client, topic: topic))
        default:
            if draw.generator.chance(30) { leave(client) } else { tickEnds() }
        }
    }

    func publish(_ place: Place) {
        if model.lanes[place] == nil {
            bench.subscribe(place.client, place.topic)
            model.lanes[place] = SpillModel.Lane()
        }
        for _ in 0..<draw.number(1...3) {
            let sample = draw.sample(place.topic, now: model.now)
            tell("\(place.client) is offered \(sample.name)")
            offer(sample, place)
            if model.fault != nil { return }
        }
        drain(place.client)
    }

    func drain(_ client: Int) {
        observe { bench.clients[client].writer.drain() }
    }

    func writable(_ client: Int, _ room: Int) {
        tell("\(client) takes \(room)")
        bench.clients[client].transport.hasUnsent = false
        bench.clients[client].transport.room += room
        model.flushed(client)
        drain(client)
    }

    private func blocked(_ client: Int) {
        tell("\(client) is blocked")
        bench.clients[client].transport.hasUnsent = true
        model.clients[client].hasUnsent = true
        if Bool.random(using: &draw.generator) { bench.clients[client].transport.room = 0 }
    }

    private func acknowledge(_ client: Int, _ topic: String) {
        let flight = model.places(of: client).flatMap { model.lanes[$0]?.flight.map(\.sample) ?? [] }
        guard let sample = draw.one(of: flight.sorted { $0.number < $1.number }) else { return }
        acknowledge(sample, client)
    }

    func acknowledge(_ sample: Sample, _ client: Int) {
        tell("\(client) acknowledges \(sample.name)")
        let place = Place(client: client, topic: sample.topic)
        let lane = bench.lane(client, sample.topic)
        model.lanes[place]?.flight.removeAll { $0.sample == sample }
        model.lanes[place]?.counts.acknowledged += 1
        let outcome = bench.clients[client].lanes.acknowledge(sample.number, on: lane)
        model.expect("\(outcome)" == "accepted", "\(sample.name) in flight was acknowledged: \(outcome)")
        drain(client)
    }

    func pass(_ time: Int) {
        tell("\(time) ms pass")
        model.now += time
        observeTick { bench.pass(time) }
    }

    func tickEnds() {
        tell("the tick ends")
        observeTick { bench.loop.run() }
    }

    /// A call to the store is made, and may fail.
    private func workIsDone() {
        guard executor.count > 0 else { return }
        var faults = MemorySpillStore.Faults()
        faults.append = draw.generator.chance(10)
        faults.read = draw.generator.chance(15)
        faults.release = draw.generator.chance(10)
        faults.drop = draw.generator.chance(10)
        if draw.generator.chance(10) {
            faults.spoils[draw.number(0...3)] = draw.one(of: MemorySpillStore.Damage.allCases)
        }
        work(faults, draw.number(0...(executor.count - 1)))
    }

    func work(_ faults: MemorySpillStore.Faults, _ index: Int = 0) {
        store.faults = faults
        executor.run(index)
        let events = store.takeEvents()
        tell("the store: \(events) \(faults)")
        for case .released(_, let names) in events { checkForgotten(names) }
        for case .dropped(_, let names) in events { checkForgotten(names) }
        untold += events
    }

    private func checkForgotten(_ names: [String]) {
        for name in names {
            model.expect(model.place(holding: name) == nil, "\(name) was removed from the store before its outcome")
        }
    }

    func unsubscribe(_ place: Place) {
        guard let lane = model.lanes.removeValue(forKey: place) else { return }
        tell("\(place.client) unsubscribes from \(place.topic)")
        hasOrphans = hasOrphans || lane.bytesPending > 0
        bench.unsubscribe(place.client, place.topic)
        let held = lane.waiting.count + lane.flight.count
        let counts = bench.clients[place.client].counters[place.topic]?.last.map { Counts($0) } ?? Counts()
        var expected = lane.counts
        expected.discarded += held
        model.expect(counts == expected, "expected \(expected) at the end of \(place.topic), found \(counts)")
    }

    func leave(_ client: Int) {
        tell("\(client) leaves")
        // First, as the pipeline does it: what its lanes hold then is let go of by a client that has left.
        bench.clients[client].lanes.close()
        for place in model.places(of: client) { unsubscribe(place) }
        let lanes = bench.clients[client].lanes
        model.expect(lanes.queuedBytes == 0, "\(lanes.queuedBytes) bytes are held by a client that left")
        model.expect(lanes.spilledBytes == 0, "\(lanes.spilledBytes) bytes are spilled by a client that left")
        model.expect(bench.clients[client].writer.held == 0, "a client that left still holds messages")
        leavers += 1
        bench.replace(client, by: "\(client).\(leavers)")
        model.clients[client] = SpillModel.Client()
        listen(to: client)
    }
}
