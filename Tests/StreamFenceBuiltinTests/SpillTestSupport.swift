import StreamFencePluginKit

@testable import StreamFenceBuiltin

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A folder of this test alone, removed with everything in it afterwards.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/streamfence-spill-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else {
            throw SpillStoreError(.rootUnusable, "make a folder like", "/tmp/streamfence-spill-", errorNumber: errno)
        }
        path = String(cString: made)
    }

    deinit {
        Self.remove(path)
    }

    /// Removes whatever lies at `path`; follows no link.
    static func remove(_ path: String) {
        guard mode(of: path).map({ $0 & S_IFMT == S_IFDIR }) ?? false else {
            unlink(path)
            return
        }
        for name in names(in: path) {
            remove("\(path)/\(name)")
        }
        rmdir(path)
    }

    static func names(in path: String) -> [String] {
        var names: [String] = []
        try? Folder(at: path).forEachName { names.append($0) }
        return names.sorted()
    }

    static func mode(of path: String) -> mode_t? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode : nil
    }

    /// The paths of everything below, folders before what is in them; no link is followed.
    func everything() -> [String] { Self.everything(below: path) }

    /// The paths of the regular files below, in order, without the lock.
    func files() -> [String] {
        everything().filter { Self.mode(of: $0).map { $0 & S_IFMT == S_IFREG } ?? false }
            .filter { !$0.hasSuffix("/.lock") }
    }

    private static func everything(below path: String) -> [String] {
        names(in: path).map { "\(path)/\($0)" }.flatMap { child in
            let isFolder = mode(of: child).map { $0 & S_IFMT == S_IFDIR } ?? false
            return [child] + (isFolder ? everything(below: child) : [])
        }
    }

    static func read(_ path: String) throws -> [UInt8] {
        guard let descriptor = uninterrupted({ open(path, O_RDONLY) }),
            let file = try SpillFile(Descriptor(number: descriptor), path: path)
        else { throw SpillStoreError(.readFailed, "open", path, errorNumber: errno) }
        return try file.bytes()
    }

    /// Makes the file hold these bytes, in the same place.
    static func write(_ bytes: [UInt8], to path: String) throws {
        guard let descriptor = uninterrupted({ open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600) }),
            let file = try SpillFile(Descriptor(number: descriptor), path: path)
        else { throw SpillStoreError(.writeFailed, "open", path, errorNumber: errno) }
        try file.write(bytes)
    }
}

/// The two stores, for what is true of both.
enum BuiltinStore: String, CaseIterable, Codable, Sendable {
    case log
    case jsonFiles

    /// A store of this kind over `root`, as after a start of the process.
    func open(_ root: String) throws -> any SpillStore {
        switch self {
        case .log: try LogSpillStore(root: root)
        case .jsonFiles: try JSONFilesSpillStore(root: root)
        }
    }
}

let lane = SpillLane(namespace: "/feed", clientID: "client-1", topic: "snapshot")

/// Records at these positions; each says which it is.
func records(_ positions: Range<UInt64>) -> [SpillRecord] {
    positions.map { SpillRecord(position: $0, bytes: Array("record \($0)".utf8)) }
}

extension SpillStore {
    /// Everything from `position` on.
    func all(_ lane: SpillLane, from position: UInt64 = 0) throws -> [SpillRecord] {
        try read(lane, from: position, maxRecords: .max, maxBytes: .max)
    }
}
