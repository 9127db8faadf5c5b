import StreamFencePluginKit
import Testing

@testable import StreamFenceBuiltin

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

@Suite("Root folders of spill stores")
struct SpillRootTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("a missing root is made, its parents too")
    func made() throws {
        let path = "\(folder.path)/a/b/c"
        let root = try SpillRoot(path: path + "/")
        #expect(root.path == path)
        #expect(TemporaryFolder.names(in: path) == [".lock"])
    }

    @Test(
        "a root that can't be used is an error that says what was tried, where, and what the system said",
        arguments: [
            ("/dev/null/spill", "expected to make the folder /dev/null/spill, found: Not a directory"),
            ("/proc/streamfence/spill", "expected to make the folder /proc"),
            ("/dev/null", "expected to open the folder /dev/null, found: Not a directory"),
            ("", "expected the path of a folder, found \"\""),
        ]
    )
    func unusable(path: String, message: String) {
        let error = #expect(throws: SpillStoreError.self) { try LogSpillStore(root: path) }
        #expect(error?.code == .rootUnusable)
        #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "none")")
    }

    @Test("stores of one process share a root, which is theirs until the last of them is gone")
    func shared() async throws {
        let path = folder.path
        var first: SpillRoot? = try SpillRoot(path: path)
        #expect(symlink(path, "\(path)/link") == 0)
        let second = try SpillRoot(path: "\(path)/link")
        #expect(first?.path == second.path)
        first = nil
        await #expect(processExitsWith: .success) { [path = path as String] in
            let error = #expect(throws: SpillStoreError.self) { try SpillRoot(path: path) }
            if error?.code != .rootInUse { exit(1) }
        }
        #expect(second.path == path)
    }

    @Test("another process can't have the root while a store is there, and can afterwards")
    func anotherProcess() async throws {
        let path = folder.path
        var root: SpillRoot? = try SpillRoot(path: path)
        await #expect(processExitsWith: .success) { [path = path as String] in
            let error = #expect(throws: SpillStoreError.self) { try SpillRoot(path: path) }
            #expect(error?.code == .rootInUse)
            #expect(error?.path == path)
            if error?.code != .rootInUse { exit(1) }
        }
        #expect(root?.path == path)
        root = nil
        await #expect(processExitsWith: .success) { [path = path as String] in
            guard try SpillRoot(path: path).path == path else { exit(1) }
        }
    }

    @Test("a root that vanished is locked again when it is made again")
    func lockedAgain() async throws {
        let path = folder.path
        let store = try LogSpillStore(root: path)
        TemporaryFolder.remove(path)
        try store.append(records(0..<1), to: lane)
        await #expect(processExitsWith: .success) { [path = path as String] in
            let error = #expect(throws: SpillStoreError.self) { try SpillRoot(path: path) }
            if error?.code != .rootInUse { exit(1) }
        }
        #expect(try store.all(lane) == records(0..<1))
    }

    @Test("what is written is for its owner only, whatever the umask", arguments: BuiltinStore.allCases, [0, 0o777])
    func permissions(kind: BuiltinStore, mask: Int) async throws {
        // The umask is the whole process's.
        await #expect(processExitsWith: .success) { [kind = kind as BuiltinStore, mask = mask as Int] in
            let folder = try TemporaryFolder()
            _ = umask(mode_t(mask))
            let store = try kind.open("\(folder.path)/a/b")
            let long = SpillLane(namespace: "/feed", clientID: "c", topic: String(repeating: "x", count: 300))
            try store.append(records(0..<2), to: lane)
            try store.append(records(0..<2), to: long)
            let modes = folder.everything().compactMap { TemporaryFolder.mode(of: $0) }
            let folders = modes.filter { $0 & S_IFMT == S_IFDIR }
            let files = modes.filter { $0 & S_IFMT == S_IFREG }
            #expect(folders.count == 7 && folders.allSatisfy { $0 & 0o7777 == 0o700 })
            #expect(files.count == (kind == .log ? 4 : 6) && files.allSatisfy { $0 & 0o7777 == 0o600 })
        }
    }
}
