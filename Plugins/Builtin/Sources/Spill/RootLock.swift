#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The lock on a root folder: the file `.lock` in it, under `flock`. Released with its last owner.
final class RootLock: Sendable {
    private struct Held: ~Copyable {
        var descriptor: Descriptor
    }

    private let root: String
    private let held: Guarded<Held>

    init(root: String) throws(SpillStoreError) {
        self.root = root
        self.held = Guarded(Held(descriptor: try Self.lock(root)))
    }

    deinit {
        // Closing alone would not do: a child that is being started holds a copy of the descriptor for a moment.
        held.withLock { held in
            _ = flock(held.descriptor.number, LOCK_UN)
        }
    }

    /// Makes the folder again and locks it, unless that has been done since it vanished.
    func restore() throws(SpillStoreError) {
        try held.withLock { (held) throws(SpillStoreError) in
            _ = try Self.makeFolder(at: root)
            guard !Self.isLock(of: root, held.descriptor) else { return }
            held.descriptor = try Self.lock(root)
        }
    }

    /// Makes the folder at `path`, and its parents, where missing. Returns its path, absolute and without links.
    static func makeFolder(at path: String) throws(SpillStoreError) -> String {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw SpillStoreError(.rootUnusable, path: path, "expected the path of a folder, found \"\(path)\"")
        }
        try make(path)
        guard let resolved = realpath(path, nil) else {
            throw SpillStoreError(.rootUnusable, "resolve", path, errorNumber: errno)
        }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func make(_ path: String) throws(SpillStoreError) {
        if makeOne(path) { return }
        if errno == ENOENT, let parent = parent(of: path) {
            try make(parent)
            if makeOne(path) { return }
        }
        throw SpillStoreError(.rootUnusable, "make the folder", path, errorNumber: errno)
    }

    /// Whether the folder is there now, for its owner only if it had to be made; `errno` says why not.
    private static func makeOne(_ path: String) -> Bool {
        if uninterrupted({ mkdir(path, 0o700) }) != nil { return uninterrupted({ chmod(path, 0o700) }) != nil }
        return errno == EEXIST
    }

    /// The path without its last name; nil if it has only one.
    private static func parent(of path: String) -> String? {
        let names = path.split(separator: "/")
        guard names.count > 1 else { return nil }
        return (path.hasPrefix("/") ? "/" : "") + names.dropLast().joined(separator: "/")
    }

    private static func lock(_ root: String) throws(SpillStoreError) -> Descriptor {
        // Only to say that it is none, if it is none.
        do {
            _ = try Folder(at: root)
        } catch {
            throw error.with(.rootUnusable)
        }
        let path = Self.path(in: root)
        let number = uninterrupted { open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o600) }
        guard let number else { throw SpillStoreError(.rootUnusable, "open", path, errorNumber: errno) }
        let descriptor = Descriptor(number: number)
        guard uninterrupted({ fchmod(descriptor.number, 0o600) }) != nil else {
            throw SpillStoreError(.rootUnusable, "set the mode of", path, errorNumber: errno)
        }
        guard uninterrupted({ flock(descriptor.number, LOCK_EX | LOCK_NB) }) != nil else {
            guard errno == EWOULDBLOCK else {
                throw SpillStoreError(.rootUnusable, "lock", path, errorNumber: errno)
            }
            throw SpillStoreError(
                .rootInUse,
                path: root,
                "expected a folder that no other process spills into, found \(path) locked by another process"
            )
        }
        return descriptor
    }

    /// Whether `descriptor` is the lock file that now lies in the folder, not one that vanished with an earlier folder.
    private static func isLock(of root: String, _ descriptor: borrowing Descriptor) -> Bool {
        var held = stat()
        var present = stat()
        return fstat(descriptor.number, &held) == 0 && lstat(path(in: root), &present) == 0
            && held.st_dev == present.st_dev && held.st_ino == present.st_ino
    }

    private static func path(in root: String) -> String { "\(root)/.lock" }
}
