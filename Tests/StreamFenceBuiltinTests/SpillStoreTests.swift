import StreamFencePluginKit
import Testing

@testable import StreamFenceBuiltin

/// What the core relies on, whichever store it is given, and however that came into the process.
@Suite("Built-in spill stores")
struct SpillStoreTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("records come back in order, at their positions, as they were given", arguments: StoreCase.allCases)
    func order(kind: StoreCase) throws {
        let store = try kind.open(folder.path)
        try store.append(records(0..<5), to: lane)
        try store.append(records(5..<9), to: lane)
        #expect(try store.all(lane) == records(0..<9))
        #expect(try store.all(lane, from: 4) == records(4..<9))
        #expect(try store.all(lane, from: 9) == [])
    }

    @Test("any bytes survive, none at all too", arguments: StoreCase.allCases)
    func binary(kind: StoreCase) throws {
        let store = try kind.open(folder.path)
        let every = (0...255).map { UInt8($0) }
        let payloads = [every, [], every + every.reversed(), [0], [0, 0], [10, 34, 92], []]
        let given = payloads.enumerated().map { SpillRecord(position: UInt64($0), bytes: $1) }
        try store.append(given, to: lane)
        #expect(try store.all(lane) == given)
    }

    @Test("a read returns no more records than asked for", arguments: StoreCase.allCases)
    func maxRecords(kind: StoreCase) throws {
        let store = try kind.open(folder.path)
        try store.append(records(0..<10), to: lane)
        #expect(try store.read(lane, from: 2, maxRecords: 3, maxBytes: .max) == records(2..<5))
        #expect(try store.read(lane, from: 5, maxRecords: 1, maxBytes: .max) == records(5..<6))
    }

    @Test(
        "a read returns no more bytes than asked for, but always one record",
        arguments: StoreCase.allCases,
        [(0, 1), (8, 1), (9, 1), (15, 1), (16, 2), (23, 2), (24, 3)]
    )
    func maxBytes(kind: StoreCase, limit: (bytes: Int, records: UInt64)) throws {
        let store = try kind.open(folder.path)
        try store.append(records(0..<4), to: lane)
        #expect(try store.read(lane, from: 0, maxRecords: 10, maxBytes: limit.bytes) == records(0..<limit.records))
    }

    @Test("a record that doesn't fit is not passed over for a smaller one behind it", arguments: StoreCase.allCases)
    func noOvertaking(kind: StoreCase) throws {
        // Where it can be asked for, each batch has a file of its own.
        let store: any SpillStore =
            kind.store == .log && kind.copy == .linked
            ? try LogSpillStore(root: folder.path, options: .init(segmentBytes: 1)) : try kind.open(folder.path)
        let given = [10, 50, 10].enumerated().map {
            SpillRecord(position: UInt64($0), bytes: Array(repeating: 7, count: $1))
        }
        for record in given {
            try store.append([record], to: lane)
        }
        #expect(try store.read(lane, from: 0, maxRecords: 10, maxBytes: 30) == [given[0]])
        #expect(try store.read(lane, from: 1, maxRecords: 10, maxBytes: 30) == [given[1]])
        #expect(try store.read(lane, from: 2, maxRecords: 10, maxBytes: 30) == [given[2]])
    }

    @Test("reading, appending and releasing in turn loses nothing", arguments: StoreCase.allCases)
    func interleaved(kind: StoreCase) throws {
        let store = try kind.open(folder.path)
        var next: UInt64 = 0
        var read: UInt64 = 0
        for round in 0..<UInt64(30) {
            let count = round % 5 + 1
            try store.append(records(next..<(next + count)), to: lane)
            next += count
            let got = try store.read(lane, from: read, maxRecords: 3, maxBytes: .max)
            #expect(got == records(read..<min(next, read + 3)))
            read += UInt64(got.count)
            if round % 4 == 3 { try store.release(lane, before: read) }
        }
        #expect(try store.all(lane, from: read) == records(read..<next))
    }

    @Test("what is not released stays readable", arguments: StoreCase.allCases)
    func release(kind: StoreCase) throws {
        let store = try kind.open(folder.path)
        try store.append(records(0..<10), to: lane)
        try store.release(lane, before: 4)
        #expect(try store.all(lane, from: 4) == records(4..<10))
        try store.append(records(10..<12), to: lane)
        #expect(try store.all(lane, from: 4) == records(4..<12))
    }

    @Test("a lane of which all is released leaves nothing behind, and goes on", arguments: StoreCase.allCases)
    func releaseAll(kind: StoreCase) throws {
        let store = try kind.open(folder.path)
        try store.append(records(0..<10), to: lane)
        try store.release(lane, before: 10)
        #expect(TemporaryFolder.names(in: folder.path) == [".lock"])
        #expect(try store.lanes() == [])
        #expect(try store.all(lane, from: 10) == [])
        try store.append(records(10..<12), to: lane)
        #expect(try store.all(lane, from: 10) == records(10..<12))
    }

    @Test("a dropped lane is gone, and begins again at 0", arguments: StoreCase.allCases)
    func drop(kind: StoreCase) throws {
        let store = try kind.open(folder.path)
        let other = SpillLane(namespace: "/feed", clientID: "client-2", topic: "snapshot")
        try store.drop(lane)
        try store.append(records(0..<10), to: lane)
        try store.append(records(0..<2), to: other)
        try store.drop(lane)
        #expect(try store.lanes() == [other])
        #expect(try store.all(lane) == [])
        #expect(try store.all(other) == records(0..<2))
        try store.append(records(0..<1), to: lane)
        #expect(try store.all(lane) == records(0..<1))
        try store.drop(lane)
        try store.drop(other)
        #expect(TemporaryFolder.names(in: folder.path) == [".lock"])
    }

    @Test("what a process left is read, continued and dropped by the next", arguments: StoreCase.allCases)
    func leftBehind(kind: StoreCase) throws {
        try kind.open(folder.path).append(records(0..<10), to: lane)
        var store = try kind.open(folder.path)
        #expect(try store.lanes() == [lane])
        #expect(try store.read(lane, from: 3, maxRecords: 2, maxBytes: .max) == records(3..<5))
        try store.release(lane, before: 5)
        store = try kind.open(folder.path)
        try store.append(records(10..<12), to: lane)
        #expect(try store.all(lane, from: 5) == records(5..<12))
        store = try kind.open(folder.path)
        try store.drop(lane)
        #expect(TemporaryFolder.names(in: folder.path) == [".lock"])
    }

    @Test("either store drops what the other left behind", arguments: StoreCase.allCases)
    func leftBehindByTheOther(kind: StoreCase) throws {
        for other in StoreCase.allCases where other.copy == kind.copy {
            try other.open(folder.path).append(records(0..<3), to: lane)
            let store = try kind.open(folder.path)
            #expect(try store.lanes() == [lane])
            try store.drop(lane)
            #expect(TemporaryFolder.names(in: folder.path) == [".lock"])
        }
    }

    @Test("a batch that does not follow the last is refused whole", arguments: StoreCase.allCases)
    func positions(kind: StoreCase) throws {
        let store = try kind.open(folder.path)
        try store.append(records(0..<3), to: lane)
        for positions: [UInt64] in [[2], [0], [3, 3], [4, 3], [3, .max]] {
            let batch = positions.map { SpillRecord(position: $0, bytes: [1]) }
            let error = #expect(throws: (any Error).self) { try store.append(batch, to: lane) }
            // Through the boundary comes what it says.
            if kind.copy == .linked { #expect((error as? SpillStoreError)?.code == .positionsOutOfOrder) }
        }
        #expect(try store.all(lane) == records(0..<3))
        try store.append(records(3..<4), to: lane)
        #expect(try store.all(lane) == records(0..<4))
    }

    @Test("memory knows only lanes that hold records", arguments: BuiltinStore.allCases)
    func forgets(kind: BuiltinStore) throws {
        let store = try kind.open(folder.path)
        for number in 0..<20 {
            let lane = SpillLane(namespace: "/feed", clientID: "client-\(number)", topic: "snapshot")
            #expect(try store.all(lane) == [])
            try store.append(records(0..<2), to: lane)
            if number % 2 == 0 { try store.drop(lane) } else { try store.release(lane, before: 2) }
        }
        let remembered = (store as? LogSpillStore)?.lanesHeld.count ?? (store as? JSONFilesSpillStore)?.lanesHeld.count
        #expect(remembered == 0)
    }

    @Test(
        "many lanes of one client, made and dropped at once, don't disturb one another",
        arguments: StoreCase.allCases
    )
    func concurrentLanes(kind: StoreCase) async throws {
        let store = try kind.open(folder.path)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for number in 0..<8 {
                tasks.addTask {
                    let lane = SpillLane(namespace: "/feed", clientID: "client", topic: "topic-\(number)")
                    for _ in 0..<50 {
                        try store.append(records(0..<3), to: lane)
                        #expect(try store.all(lane) == records(0..<3))
                        try store.drop(lane)
                    }
                }
            }
            try await tasks.waitForAll()
        }
        #expect(TemporaryFolder.names(in: folder.path) == [".lock"])
    }

    @Test("no write fits: nothing of the batch is stored, and the lane goes on", arguments: StoreCase.allCases)
    func brokenFolder(kind: StoreCase) throws {
        let store = try kind.open(folder.path)
        // A file where the namespace's folder should be, whoever runs the test.
        try TemporaryFolder.write([], to: "\(folder.path)/%2Ffeed")
        let error = #expect(throws: (any Error).self) { try store.append(records(0..<3), to: lane) }
        if kind.copy == .linked { #expect((error as? SpillStoreError)?.code == .writeFailed) }
        #expect(error.map { "\($0)".contains("\(folder.path)/%2Ffeed") } == true)
        #expect(try store.all(lane) == [])
        TemporaryFolder.remove("\(folder.path)/%2Ffeed")
        try store.append(records(0..<3), to: lane)
        #expect(try store.all(lane) == records(0..<3))
    }

    @Test("folders that vanish are made again, and only what was in them is lost", arguments: StoreCase.allCases)
    func vanishedFolder(kind: StoreCase) throws {
        let store = try kind.open(folder.path)
        try store.append(records(0..<3), to: lane)
        for vanished in ["\(folder.path)/%2Ffeed/client-1/snapshot", "\(folder.path)/%2Ffeed", folder.path] {
            TemporaryFolder.remove(vanished)
            #expect(try store.all(lane) == [])
            try store.append(records(3..<5), to: lane)
            #expect(try store.all(lane) == records(3..<5))
            try store.drop(lane)
            try store.append(records(0..<3), to: lane)
        }
        TemporaryFolder.remove(folder.path)
        try store.release(lane, before: 3)
        try store.drop(lane)
        #expect(try store.lanes() == [])
    }
}
