import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A folder that a server of this process has spill stores in.
///
/// Stores keep other processes out; this tells whether another server of the same process was there first. Held as long as the
/// server may use it.
final class SpillFolder: Sendable {
    /// Whether no other server of this process held the folder. What is in it has then been left behind, and may be
    /// dropped; otherwise it may belong to a server that is running.
    let isFirst: Bool
    private let path: String

    /// - Parameter path: the folder; a store has made it.
    init(_ path: String) {
        let path = Self.absolute(path)
        self.path = path
        isFirst = Self.users.withLock { users in
            users[path, default: 0] += 1
            return users[path] == 1
        }
    }

    deinit {
        Self.users.withLock { users in
            let left = (users[path] ?? 1) - 1
            users[path] = left == 0 ? nil : left
        }
    }

    /// The same for every way to write a path.
    private static func absolute(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static let users = Mutex<[String: Int]>([:])
}
