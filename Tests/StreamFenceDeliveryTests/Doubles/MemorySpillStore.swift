import StreamFencePluginKit
import Synchronization

/// A store in memory that fails when it is told to, and takes note where the core breaks the contract.
final class MemorySpillStore: SpillStore {
    /// What went wrong, for the log.
    struct Failure: Error {}

    /// How a record is spoiled, from the moment it is written.
    enum Damage: CaseIterable {
        /// It is left out.
        case missing
        /// It comes back as something else.
        case garbled
    }

    /// What is to go wrong from now on.
    struct Faults {
        var append = false
        var read = false
        var release = false
        var drop = false
        /// Which records of a batch are spoiled as they are written.
        var spoils: [Int: Damage] = [:]
    }

    /// What was done, by the texts of the records.
    enum Event: Equatable {
        case appended(SpillLane, [String])
        case appendFailed(SpillLane, [String])
        case read(SpillLane, [String])
        case readFailed(SpillLane)
        case released(SpillLane, [String])
        case releaseFailed(SpillLane, [String])
        case dropped(SpillLane, [String])
        case dropFailed(SpillLane, [String])
    }

    private struct Kept {
        var records: [SpillRecord] = []
        var damages: [UInt64: Damage] = [:]
        /// The position the next record has to have.
        var next: UInt64 = 0
        var released: UInt64 = 0
    }

    private struct State {
        var faults = Faults()
        var events: [Event] = []
        var violations: [String] = []
        var spoiled: Set<String> = []
        var hasFailedToForget = false
        var garbles: @Sendable (inout [UInt8]) -> Void = { _ in }
        var lanes: [SpillLane: Kept] = [:]
    }

    private let state = Mutex(State())

    var faults: Faults {
        get { state.withLock { $0.faults } }
        set { state.withLock { $0.faults = newValue } }
    }

    /// Changes every record that is read.
    var garbles: @Sendable (inout [UInt8]) -> Void {
        get { state.withLock { $0.garbles } }
        set { state.withLock { $0.garbles = newValue } }
    }

    /// Where the core broke the contract.
    var violations: [String] { state.withLock { $0.violations } }
    /// The texts of all records that were spoiled.
    var spoiled: Set<String> { state.withLock { $0.spoiled } }
    /// Whether some records were to be dropped, and could not be.
    var hasFailedToForget: Bool { state.withLock { $0.hasFailedToForget } }
    /// The texts of what is kept, in order.
    var texts: [String] {
        state.withLock { $0.lanes.values.flatMap { $0.records.map { TextCodec.text(of: $0.bytes) } } }
    }

    /// What was done since this was asked last.
    func takeEvents() -> [Event] {
        state.withLock { state in
            defer { state.events = [] }
            return state.events
        }
    }

    // MARK: The store

    func append(_ records: [SpillRecord], to lane: SpillLane) throws {
        try state.withLock { state in
            var kept = state.lanes[lane] ?? Kept()
            let texts = records.map { TextCodec.text(of: $0.bytes) }
            for (index, record) in records.enumerated() where record.position != kept.next + UInt64(index) {
                state.violations.append("appended \(texts[index]) at \(record.position) behind \(kept.next)")
            }
            if records.isEmpty { state.violations.append("appended nothing") }
            guard !state.faults.append else {
                state.events.append(.appendFailed(lane, texts))
                throw Failure()
            }
            for (index, damage) in state.faults.spoils where index < records.count {
                kept.damages[records[index].position] = damage
                state.spoiled.insert(texts[index])
            }
            kept.records += records
            kept.next += UInt64(records.count)
            state.lanes[lane] = kept
            state.events.append(.appended(lane, texts))
        }
    }

    func read(_ lane: SpillLane, from position: UInt64, maxRecords: Int, maxBytes: Int) throws -> [SpillRecord] {
        try state.withLock { state in
            let kept = state.lanes[lane] ?? Kept()
            if position >= kept.next || position < kept.released || maxRecords < 1 {
                state.violations.append("read \(maxRecords) from \(position) of \(kept.released)..<\(kept.next)")
            }
            guard !state.faults.read else {
                state.events.append(.readFailed(lane))
                throw Failure()
            }
            var bytes = 0
            var found: [SpillRecord] = []
            for record in kept.records where record.position >= position && kept.damages[record.position] != .missing {
                bytes += record.bytes.count
                guard found.count < maxRecords, found.isEmpty || bytes <= maxBytes else { break }
                let isGarbled = kept.damages[record.position] == .garbled
                found.append(isGarbled ? SpillRecord(position: record.position, bytes: [1]) : record)
            }
            state.events.append(.read(lane, found.map { TextCodec.text(of: $0.bytes) }))
            return found.map { record in
                var bytes = record.bytes
                state.garbles(&bytes)
                return SpillRecord(position: record.position, bytes: bytes)
            }
        }
    }

    func release(_ lane: SpillLane, before position: UInt64) throws {
        try state.withLock { state in
            var kept = state.lanes[lane] ?? Kept()
            if position > kept.next { state.violations.append("released \(position) of \(kept.next)") }
            let forgotten = kept.records.prefix { $0.position < position }
            guard !state.faults.release else {
                state.events.append(.releaseFailed(lane, forgotten.map { TextCodec.text(of: $0.bytes) }))
                throw Failure()
            }
            kept.records.removeFirst(forgotten.count)
            kept.released = position
            state.lanes[lane] = kept
            state.events.append(.released(lane, forgotten.map { TextCodec.text(of: $0.bytes) }))
        }
    }

    func drop(_ lane: SpillLane) throws {
        try state.withLock { state in
            let texts = (state.lanes[lane]?.records ?? []).map { TextCodec.text(of: $0.bytes) }
            guard !state.faults.drop else {
                state.hasFailedToForget = true
                state.events.append(.dropFailed(lane, texts))
                throw Failure()
            }
            state.lanes[lane] = nil
            state.events.append(.dropped(lane, texts))
        }
    }

    func lanes() throws -> [SpillLane] {
        state.withLock { Array($0.lanes.keys) }
    }
}
