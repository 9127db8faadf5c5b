/// The folder that spill stores of this process keep their lanes in, locked against other processes.
///
/// Several stores of one process may share it, as two servers of one configuration do. The lock is a file, `.lock`,
/// held with `flock` while any of them is there; the system releases it when the process ends, however it ends.
public final class SpillRoot: Sendable {
    /// The folder, absolute and without links.
    public let path: String
    private let lock: RootLock

    /// Makes the folder if it is missing, its parents too, and locks it. Blocks for the time of some file system calls.
    ///
    /// - Parameter path: the folder; a relative one is taken from where the process is now.
    /// - Throws: ``SpillStoreError`` with ``SpillStoreError/Code/rootInUse`` if another process holds the folder, with
    ///   ``SpillStoreError/Code/rootUnusable`` if it can't be used.
    public init(path: String) throws {
        let path = try RootLock.makeFolder(at: path)
        lock = try Self.held.withLock { held in
            if let entry = held[path] {
                held[path] = Entry(lock: entry.lock, users: entry.users + 1)
                return entry.lock
            }
            let lock = try RootLock(root: path)
            held[path] = Entry(lock: lock, users: 1)
            return lock
        }
        self.path = path
    }

    deinit {
        Self.held.withLock { held in
            guard let entry = held[path] else { return }
            held[path] = entry.users > 1 ? Entry(lock: entry.lock, users: entry.users - 1) : nil
        }
    }

    /// The folder, opened; nil if it has vanished.
    func folderIfAny() throws(SpillStoreError) -> Folder? {
        do {
            return try Folder(at: path)
        } catch {
            guard error.isNothingThere else { throw error }
            return nil
        }
    }

    /// The folder, opened; made and locked again if it has vanished.
    func folder() throws(SpillStoreError) -> Folder {
        if let folder = try folderIfAny() { return folder }
        try lock.restore()
        return try Folder(at: path)
    }

    private struct Entry {
        let lock: RootLock
        let users: Int
    }

    /// By path and not by the folder's identity, which changes when it has vanished and is made again. Held during the
    /// few calls that take a lock, so that two stores that start at once find one another; lanes never need it.
    private static let held = Guarded<[String: Entry]>([:])
}
