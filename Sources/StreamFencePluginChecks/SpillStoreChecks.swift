import StreamFencePluginKit

/// What every spill store has to do. Each check has a folder of its own.
struct SpillStoreChecks: Sendable {
    let folder: String
    let open: @Sendable (_ folder: String) throws -> any SpillStore

    init(folder: String, _ open: @escaping @Sendable (_ folder: String) throws -> any SpillStore) {
        self.folder = folder
        self.open = open
    }

    var all: [ContractCheck] {
        [
            check("what is appended is read back in order, byte for byte", "order", readBack),
            check("a read begins at the position and keeps to its limits", "limits", limits),
            check("records before a released position need not be there, all others are", "release", release),
            check("a lane that is dropped is empty, and may begin again", "drop", drop),
            check("a lane that holds nothing is read, released and dropped without an error", "empty", empty),
            check("lanes with all kinds of names don't see each other's records", "names", names),
            check("what was appended is there after a restart, the last record included", "restart", restart),
            check("eight lanes at once keep their order", "lanes", severalLanes),
            ContractCheck("a folder that can't be made is an error") { [folder, open] in
                let path = "\(folder)/file"
                try EmptyFile.make(at: path)
                let opened = Result { try open("\(path)/store") }
                if case .success = opened { throw Violation(expected: "an error", found: "a store below a file") }
            },
        ]
    }

    private func check(
        _ name: String,
        _ place: String,
        _ body: @escaping @Sendable (String) async throws -> Void
    ) -> ContractCheck {
        ContractCheck(name) { [folder] in try await body("\(folder)/\(place)") }
    }

    // MARK: The checks

    private func readBack(_ path: String) throws {
        let store = try open(path)
        let contents: [[UInt8]] = [
            [1], Array(0...255), [0, 0, 0], Array(repeating: 0xFF, count: 300_000), [10, 13, 0x22, 0x5C],
        ]
        let given = contents.enumerated().map { SpillRecord(position: UInt64($0), bytes: $1) }
        try store.append(Array(given[..<2]), to: .first)
        try store.append(Array(given[2...]), to: .first)
        try expect(given, try store.read(.first, from: 0, maxRecords: 100, maxBytes: .max))
    }

    private func limits(_ path: String) throws {
        let store = try open(path)
        let given = records(0..<10, size: 100)
        try store.append(given, to: .first)
        try expect(Array(given[4..<7]), try store.read(.first, from: 4, maxRecords: 3, maxBytes: .max))
        try expect(Array(given[8...]), try store.read(.first, from: 8, maxRecords: 3, maxBytes: .max))
        try expect(Array(given[2..<4]), try store.read(.first, from: 2, maxRecords: 10, maxBytes: 250))
        try expect([given[3]], try store.read(.first, from: 3, maxRecords: 10, maxBytes: 1))
        try expect([], try store.read(.first, from: 10, maxRecords: 10, maxBytes: .max))
    }

    private func release(_ path: String) throws {
        let store = try open(path)
        let given = records(0..<10)
        try store.append(given, to: .first)
        try store.release(.first, before: 6)
        try expect(Array(given[6...]), try store.read(.first, from: 6, maxRecords: 100, maxBytes: .max))
        try store.append(records(10..<12), to: .first)
        try expect(
            Array(given[6...]) + records(10..<12),
            try store.read(.first, from: 6, maxRecords: 100, maxBytes: .max)
        )
        try store.release(.first, before: 12)
        try expect([], try store.read(.first, from: 12, maxRecords: 100, maxBytes: .max))
        try store.append(records(12..<13), to: .first)
        try expect(records(12..<13), try store.read(.first, from: 12, maxRecords: 100, maxBytes: .max))
    }

    private func drop(_ path: String) throws {
        let store = try open(path)
        try store.append(records(0..<3), to: .first)
        try store.drop(.first)
        try expect([], try store.read(.first, from: 0, maxRecords: 100, maxBytes: .max))
        let left = try store.lanes()
        try Violation.require(left.isEmpty, expected: "no lane after a drop", found: "\(left.count)")
        try store.append(records(0..<1, salt: 7), to: .first)
        try expect(records(0..<1, salt: 7), try store.read(.first, from: 0, maxRecords: 100, maxBytes: .max))
    }

    private func empty(_ path: String) throws {
        let store = try open(path)
        try expect([], try store.read(.first, from: 0, maxRecords: 100, maxBytes: .max))
        try store.release(.first, before: 5)
        try store.drop(.first)
        let lanes = try store.lanes()
        try Violation.require(lanes.isEmpty, expected: "no lanes", found: "\(lanes.count)")
    }

    private func names(_ path: String) throws {
        let store = try open(path)
        let names = ["a", "A", "a/b", "..", ".", "ä", "a%2Fb", " ", "a.json", String(repeating: "x", count: 120)]
        let lanes = names.map { SpillLane(namespace: "/\($0)", clientID: "client", topic: $0) }
        for (index, lane) in lanes.enumerated() { try store.append(records(0..<2, salt: index), to: lane) }
        for (index, lane) in lanes.enumerated() {
            try expect(records(0..<2, salt: index), try store.read(lane, from: 0, maxRecords: 9, maxBytes: .max))
        }
        let found = try store.lanes()
        try Violation.require(
            Set(found) == Set(lanes) && found.count == lanes.count,
            expected: "\(lanes.count) lanes, each once and with the names it was given",
            found: "\(found.count), of which \(Set(found).intersection(lanes).count) are right"
        )
    }

    private func restart(_ path: String) throws {
        try { try open(path).append(records(0..<100), to: .first) }()
        let store = try open(path)
        let lanes = try store.lanes()
        try Violation.require(
            lanes == [.first],
            expected: "the lane from before the restart",
            found: "\(lanes.count) lanes"
        )
        try expect(records(0..<100), try store.read(.first, from: 0, maxRecords: 1000, maxBytes: .max))
    }

    private func severalLanes(_ path: String) async throws {
        let store = try open(path)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    let lane = SpillLane(namespace: "/feed", clientID: "client \(number)", topic: "snapshot")
                    for start in stride(from: 0, to: 200, by: 10) {
                        try store.append(records(start..<start + 10, salt: number), to: lane)
                        let read = try store.read(lane, from: UInt64(start), maxRecords: 10, maxBytes: .max)
                        try expect(records(start..<start + 10, salt: number), read)
                        try store.release(lane, before: UInt64(start + 5))
                    }
                    try store.drop(lane)
                }
            }
            try await group.waitForAll()
        }
    }

    // MARK: Words of the checks

    private func records(_ positions: Range<Int>, salt: Int = 0, size: Int = 20) -> [SpillRecord] {
        positions.map { position in
            let bytes = (0..<size).map { UInt8(truncatingIfNeeded: position &* 31 &+ $0 &* 7 &+ salt &* 101) }
            return SpillRecord(position: UInt64(position), bytes: bytes)
        }
    }

    private func expect(_ expected: [SpillRecord], _ found: [SpillRecord]) throws {
        guard expected != found else { return }
        let positions = (expected.map(\.position), found.map(\.position))
        if positions.0 == positions.1, let first = zip(expected, found).first(where: { $0 != $1 }) {
            throw Violation(
                expected: "record \(first.0.position) as it was given, \(first.0.bytes.count) bytes",
                found: "\(first.1.bytes.count) others"
            )
        }
        throw Violation(expected: "the records \(positions.0)", found: "\(positions.1)")
    }
}

extension SpillLane {
    fileprivate static let first = SpillLane(namespace: "/feed", clientID: "client", topic: "snapshot")
}
