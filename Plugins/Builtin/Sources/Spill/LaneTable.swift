/// What a store keeps in memory about a lane.
protocol LaneState: Sendable {
    /// Whether the lane has no files, and so nothing worth remembering.
    var holdsNothing: Bool { get }
}

/// The states of the lanes that hold records now: a lane is forgotten when it holds none any more.
///
/// The table's lock is held for a look-up only. A lane's own lock is held while its files are read and written, which
/// keeps nobody waiting: a lane is never called concurrently.
final class LaneTable<State: LaneState>: Sendable {
    private final class Entry: Sendable {
        let state = Guarded<State?>(nil)
    }

    private let entries = Guarded<[LanePath: Entry]>([:])

    /// Lets `body` work on the lane's state, which `load` makes where the table has none.
    func withState<Answer>(
        of path: LanePath,
        load: () throws(SpillStoreError) -> State,
        _ body: (inout State) throws(SpillStoreError) -> Answer
    ) throws(SpillStoreError) -> Answer {
        let entry = entries.withLock { entries in
            if let entry = entries[path] { return entry }
            let entry = Entry()
            entries[path] = entry
            return entry
        }
        var holdsNothing = true
        defer {
            if holdsNothing { forget(path) }
        }
        return try entry.state.withLock { (state) throws(SpillStoreError) -> Answer in
            var current: State
            if let known = state.take() { current = known } else { current = try load() }
            defer {
                holdsNothing = current.holdsNothing
                state = current
            }
            return try body(&current)
        }
    }

    /// Forgets the lane.
    func forget(_ path: LanePath) {
        entries.withLock { entries in
            _ = entries.removeValue(forKey: path)
        }
    }

    /// How many lanes are remembered.
    var count: Int {
        entries.withLock { $0.count }
    }
}
