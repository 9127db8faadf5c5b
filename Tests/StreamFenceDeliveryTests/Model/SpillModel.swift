import StreamFencePluginKit

/// What can be said of lanes that spill without saying when the store is asked for what: the order of their messages, and
/// that each is accounted for. It is told what the engine is seen to do, and finds what it may not do.
///
/// It shares no code with the engine. Each lane is one plain queue, wherever its messages are; times are in milliseconds.
struct SpillModel {
    struct Entry {
        var sample: Sample
        /// Why each message that is missing before this one is.
        var lostBefore: [String]
        /// The store has said that it keeps it.
        var isStored = false
    }

    struct Flight {
        let sample: Sample
        var retries = 0
        /// nil until it was flushed.
        var deadline: Int?
    }

    struct Place: Hashable {
        let client: Int
        let topic: String
    }

    struct Lane {
        var waiting: [Entry] = []
        /// How many of those were seen to be in memory; they are the first.
        var inMemory = 0
        var flight: [Flight] = []
        var lostBehind: [String] = []
        var lastWrittenAt: Int?
        var counts = Counts()
        /// What was stored together, until the store was told to forget all of it.
        var chunks: [[Sample]] = []
        /// What the store was told to forget, whether it did or not.
        var forgotten: Set<String> = []
        var stored = 0
        var appendsFailed = 0
        var damaged = 0
        /// How often in a row reading has failed.
        var readFailures = 0

        var isSpilling: Bool { waiting.count > inMemory }
    }

    struct Client {
        var hasUnsent = false
        var isDisconnecting = false
    }

    let setup: Setup
    var now = 0
    var clients: [Client]
    var lanes: [Place: Lane] = [:]
    /// What a client was told to be missing before the message that comes next.
    var told: (count: Int, reason: String)?
    /// What was found wrong first.
    var fault: String?

    init(_ setup: Setup) {
        self.setup = setup
        clients = (0..<setup.clients).map { _ in Client() }
    }

    mutating func expect(_ isTrue: Bool, _ message: @autoclosure () -> String) {
        if !isTrue, fault == nil { fault = message() }
    }

    func places(of client: Int) -> [Place] {
        lanes.keys.filter { $0.client == client }
    }

    /// The lane that a message is held by, if it still is.
    func place(holding name: String) -> Place? {
        lanes.first { $0.value.holds(name) }?.key
    }

    /// In memory and in flight, in bytes.
    func bytes(of client: Int) -> Int {
        places(of: client).reduce(0) { $0 + (lanes[$1]?.bytesInMemory ?? 0) }
    }

    var memory: Int { lanes.values.reduce(0) { $0 + $1.bytesInMemory } }

    /// Whether a message has room in memory.
    func hasRoom(_ sample: Sample, _ place: Place) -> Bool {
        guard let lane = lanes[place] else { return false }
        let queued = bytes(of: place.client)
        let free = setup.memory - memory
        return lane.inMemory + lane.flight.count < setup.maxMessages && queued + sample.bytes <= setup.maxBytes
            && sample.bytes <= free && queued + sample.bytes <= 16 * free
    }

    func isExpired(_ sample: Sample, at time: Int) -> Bool {
        setup.timeToLive.map { sample.publishedAt + $0 < time } ?? false
    }
}

extension SpillModel.Lane {
    var bytesInMemory: Int {
        waiting.prefix(inMemory).reduce(0) { $0 + $1.sample.bytes } + flight.reduce(0) { $0 + $1.sample.bytes }
    }

    func holds(_ name: String) -> Bool {
        waiting.contains { $0.sample.name == name } || flight.contains { $0.sample.name == name }
    }

    /// Takes note of what is missing before the entry at `index`, or behind all if there is none.
    mutating func lose(_ reasons: [String], before index: Int) {
        if index < waiting.count {
            waiting[index].lostBefore = reasons + waiting[index].lostBefore
        } else {
            lostBehind = reasons + lostBehind
        }
    }

    /// Takes a message out that is lost.
    mutating func remove(at index: Int, _ reason: String?) {
        let entry = waiting.remove(at: index)
        if index < inMemory { inMemory -= 1 }
        lose(entry.lostBefore + (reason.map { [$0] } ?? []), before: index)
    }

    /// What is in the store or on the way there, in bytes: what was written together counts until the store was told to
    /// forget all of it.
    var bytesInStore: Int {
        let pending = waiting.dropFirst(inMemory).filter { !$0.isStored }
        return chunks.joined().reduce(0) { $0 + $1.bytes } + pending.reduce(0) { $0 + $1.sample.bytes }
    }

    var bytesPending: Int {
        waiting.dropFirst(inMemory).filter { !$0.isStored }.reduce(0) { $0 + $1.sample.bytes }
    }

    mutating func forget(_ names: [String]) {
        forgotten.formUnion(names)
        while let first = chunks.first, first.allSatisfy({ forgotten.contains($0.name) }) { chunks.removeFirst() }
    }
}
