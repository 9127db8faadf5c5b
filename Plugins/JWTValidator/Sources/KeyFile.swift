import StreamFencePluginKit
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The keys of a file, read again when it is another one or has changed; or those of a secret, which never change.
///
/// Who asks for the keys never waits for the file: a task looks every now and then. What is wrong with it is logged, and the keys
/// stay as they were. A file that could not be read is read again the next time, as that may be over; one whose content is wrong,
/// when it has changed.
final class KeyFile: Sendable {
    /// What the task has seen of the file.
    private struct Seen {
        /// Of the file whose content is known, good or not.
        var stamp: FileStamp?
        /// Why a newer one could not be read, as far as it was logged.
        var problem: String?
    }

    private let held: Mutex<KeySet>
    private let watcher = Mutex<Task<Void, Never>?>(nil)

    init(_ source: Settings.KeySource, reload: Duration) throws {
        switch source {
        case .secret(let text):
            held = Mutex(try KeySet(secret: Array(text.utf8)))
        case .file(let path, let format):
            let stamp = FileStamp(path)
            held = Mutex(try Self.read(path, format))
            let watching = Task { [weak self] in
                var seen = Seen(stamp: stamp)
                while (try? await Task.sleep(for: reload)) != nil {
                    guard let self else { return }
                    self.lookAgain(path, format, &seen)
                }
            }
            watcher.withLock { $0 = watching }
        }
    }

    deinit {
        watcher.withLock { $0?.cancel() }
    }

    /// The keys as they are now.
    var current: KeySet { held.withLock { $0 } }

    private func lookAgain(_ path: String, _ format: KeyFormat, _ seen: inout Seen) {
        // Before it is read: what is written meanwhile is seen the next time.
        let stamp = FileStamp(path)
        if stamp != nil, stamp == seen.stamp {
            seen.problem = nil
            return
        }
        do {
            let keys = try Self.read(path, format)
            held.withLock { $0 = keys }
            seen = Seen(stamp: stamp)
            PluginLog.write(.info, "the keys were read again")
        } catch {
            let problem = "\(error)"
            if problem != seen.problem { PluginLog.write(.error, "\(problem); the keys stay as they were") }
            seen.problem = problem
            if error is KeyProblem { seen.stamp = stamp }
        }
    }

    private static func read(_ path: String, _ format: KeyFormat) throws -> KeySet {
        guard let stamp = FileStamp(path) else {
            throw UnreadableFile("\(path): expected a file of keys, found none")
        }
        // Not to wait for a writer where somebody put a pipe.
        guard stamp.isRegular, stamp.size <= mostBytes else {
            throw KeyProblem("\(path): expected a regular file of at most \(mostBytes) bytes, found another")
        }
        guard var data = try? Data(contentsOf: URL(filePath: path)) else {
            throw UnreadableFile("\(path): expected a file of keys, found one that cannot be read")
        }
        do {
            switch format {
            case .secret:
                // An editor's last line break is not part of a secret.
                if data.last == UInt8(ascii: "\n") { data.removeLast() }
                return try KeySet(secret: Array(data))
            case .pem: return try KeySet(pem: String(decoding: data, as: UTF8.self))
            case .jwks: return try read(data, path)
            }
        } catch {
            throw KeyProblem("\(path): \(error)")
        }
    }

    private static func read(_ jwks: Data, _ path: String) throws -> KeySet {
        let (keys, ignored) = try KeySet.reading(jwks: jwks)
        for problem in ignored { PluginLog.write(.warning, "\(path): \(problem); the key is ignored") }
        return keys
    }

    private static let mostBytes = 1 << 20
}

/// Why a file could not be read, now.
struct UnreadableFile: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// What tells one state of a file from another.
private struct FileStamp: Equatable {
    let isRegular: Bool
    /// In bytes.
    let size: Int64
    private let numbers: [Int64]

    /// Nil if there is no file.
    init?(_ path: String) {
        var found = stat()
        guard stat(path, &found) == 0 else { return nil }
        #if canImport(Darwin)
        let (modified, changed) = (found.st_mtimespec, found.st_ctimespec)
        #else
        let (modified, changed) = (found.st_mtim, found.st_ctim)
        #endif
        isRegular = found.st_mode & S_IFMT == S_IFREG
        size = Int64(found.st_size)
        numbers = [
            Int64(truncatingIfNeeded: found.st_dev), Int64(truncatingIfNeeded: found.st_ino),
            Int64(modified.tv_sec), Int64(modified.tv_nsec), Int64(changed.tv_sec), Int64(changed.tv_nsec),
        ]
    }
}

/// The time of day.
enum Wall {
    /// Since 1970 UTC.
    static func now() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
