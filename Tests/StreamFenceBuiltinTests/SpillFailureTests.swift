import StreamFencePluginKit
import Synchronization
import Testing

@testable import StreamFenceBuiltin

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The system's own limit on the size of a file, lifted or lowered for this process.
private func limitFiles(to bytes: UInt) {
    signal(SIGXFSZ, SIG_IGN)
    var limit = rlimit()
    getrlimit(resource, &limit)
    limit.rlim_cur = rlim_t(bytes)
    guard setrlimit(resource, &limit) == 0 else { exit(2) }
}

#if canImport(Glibc)
private let resource = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
#else
private let resource = RLIMIT_FSIZE
#endif

@Suite("Spilling when the system refuses")
struct SpillFailureTests {
    /// A write that meets the limit first stops short and then fails, as on a full disk.
    @Test("a batch the disk has no room for is stored not at all, and the next whole", arguments: BuiltinStore.allCases)
    func noRoom(kind: BuiltinStore) async {
        // The limit is the whole process's.
        await #expect(processExitsWith: .success) { [kind = kind as BuiltinStore] in
            let folder = try TemporaryFolder()
            let store = try kind.open(folder.path)
            let large = records(2..<4) + [SpillRecord(position: 4, bytes: Array(repeating: 1, count: 20_000))]

            limitFiles(to: 10_000)
            let unstored = large.map { SpillRecord(position: $0.position - 2, bytes: $0.bytes) }
            let first = #expect(throws: SpillStoreError.self) { try store.append(unstored, to: lane) }
            #expect(first?.code == .writeFailed)
            #expect(first?.errorNumber == EFBIG)
            #expect(TemporaryFolder.names(in: folder.path) == [".lock"])

            try store.append(records(0..<2), to: lane)
            let before = folder.files()
            let sizes = try before.map { try TemporaryFolder.read($0).count }
            let second = #expect(throws: SpillStoreError.self) { try store.append(large, to: lane) }
            #expect(second?.errorNumber == EFBIG)
            #expect(folder.files() == before)
            #expect(try before.map { try TemporaryFolder.read($0).count } == sizes)
            #expect(try store.all(lane) == records(0..<2))

            try store.append(records(2..<3), to: lane)
            limitFiles(to: 1 << 20)
            let rest = Array(large[1...])
            try store.append(rest, to: lane)
            #expect(try store.all(lane) == records(0..<3) + rest)
        }
    }

    @Test("reading without a free descriptor fails, and loses nothing", arguments: BuiltinStore.allCases)
    func noDescriptors(kind: BuiltinStore) async {
        await #expect(processExitsWith: .success) { [kind = kind as BuiltinStore] in
            let folder = try TemporaryFolder()
            let store = try kind.open(folder.path)
            try store.append(records(0..<3), to: lane)
            var held: [Int32] = []
            while case let number = dup(0), number >= 0 { held.append(number) }
            // One by one, so that the call fails at each of its files in turn.
            var failures = 0
            while true {
                do {
                    #expect(try store.all(lane) == records(0..<3))
                    break
                } catch {
                    #expect((error as? SpillStoreError)?.errorNumber == EMFILE)
                    failures += 1
                }
                if let number = held.popLast() { close(number) } else { exit(3) }
            }
            #expect(failures >= 3)
        }
    }

    /// Counts what is synchronised, on a clock that moves when told.
    private final class Disk: Sendable {
        let count = Mutex(0)
        let fails = Mutex(false)
        let time = Mutex(ContinuousClock.now)

        func store(_ root: String, _ options: LogSpillStore.Options) throws -> LogSpillStore {
            try LogSpillStore(
                root: root,
                options: options,
                now: { self.time.withLock { $0 } },
                synchronise: { (file) throws(SpillStoreError) in
                    if self.fails.withLock({ $0 }) {
                        throw SpillStoreError(.writeFailed, "synchronise", file.path, errorNumber: EIO)
                    }
                    self.count.withLock { $0 += 1 }
                }
            )
        }

        func advance(by duration: Duration) { time.withLock { $0 += duration } }
    }

    @Test(
        "a batch is synchronised once, or not at all",
        arguments: [(LogSpillStore.Options.Synchronisation.never, 0), (.always, 5)]
    )
    func synchronised(sync: LogSpillStore.Options.Synchronisation, expected: Int) throws {
        let folder = try TemporaryFolder()
        let disk = Disk()
        let store = try disk.store(folder.path, .init(sync: sync))
        for number in 0..<5 as Range<UInt64> {
            try store.append(records((number * 3)..<(number * 3 + 3)), to: lane)
            disk.advance(by: .seconds(10))
        }
        #expect(disk.count.withLock { $0 } == expected)
    }

    @Test("under an interval, an append synchronises when the last time is long enough ago, all that was written since")
    func interval() throws {
        let folder = try TemporaryFolder()
        let disk = Disk()
        let options = LogSpillStore.Options(sync: .interval, syncInterval: .milliseconds(500), segmentBytes: 1)
        let store = try disk.store(folder.path, options)
        try store.append(records(0..<1), to: lane)
        disk.advance(by: .milliseconds(499))
        try store.append(records(1..<2), to: lane)
        #expect(disk.count.withLock { $0 } == 0)
        disk.advance(by: .milliseconds(1))
        try store.append(records(2..<3), to: lane)
        // The two segments before are its as well.
        #expect(disk.count.withLock { $0 } == 3)
        try store.append(records(3..<4), to: lane)
        #expect(disk.count.withLock { $0 } == 3)
        disk.advance(by: .milliseconds(500))
        try store.append(records(4..<5), to: lane)
        #expect(disk.count.withLock { $0 } == 5)
    }

    @Test("a batch that can't be synchronised is stored not at all")
    func failedSynchronisation() throws {
        let folder = try TemporaryFolder()
        let disk = Disk()
        let store = try disk.store(folder.path, .init(sync: .always))
        disk.fails.withLock { $0 = true }
        #expect(throws: SpillStoreError.self) { try store.append(records(0..<2), to: lane) }
        #expect(TemporaryFolder.names(in: folder.path) == [".lock"])
        disk.fails.withLock { $0 = false }
        try store.append(records(0..<2), to: lane)
        disk.fails.withLock { $0 = true }
        #expect(throws: SpillStoreError.self) { try store.append(records(2..<4), to: lane) }
        disk.fails.withLock { $0 = false }
        #expect(try store.all(lane) == records(0..<2))
        #expect(try LogSpillStore(root: folder.path).all(lane) == records(0..<2))
        try store.append(records(2..<3), to: lane)
        #expect(try store.all(lane) == records(0..<3))
    }

    @Test("a lane begins another file at its size, and removes one as soon as all in it is released")
    func segments() throws {
        let folder = try TemporaryFolder()
        // A record of this size takes 32 bytes with its header.
        let store = try LogSpillStore(root: folder.path, options: .init(segmentBytes: 64))
        for number in 0..<6 as Range<UInt64> {
            try store.append([SpillRecord(position: number, bytes: Array(repeating: 1, count: 8))], to: lane)
        }
        #expect(folder.files().count == 3)
        for (position, files) in [(1, 3), (2, 2), (3, 2), (4, 1), (5, 1), (6, 0)] as [(UInt64, Int)] {
            try store.release(lane, before: position)
            #expect(folder.files().count == files)
        }
    }

    @Test("options outside of their limits are refused")
    func options() throws {
        let folder = try TemporaryFolder()
        for options in [LogSpillStore.Options(segmentBytes: 0), .init(syncInterval: .milliseconds(-1))] {
            let error = #expect(throws: SpillStoreError.self) { try LogSpillStore(root: folder.path, options: options) }
            #expect(error?.code == .invalidOption)
        }
    }
}
