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
/// Who asks for the keys never waits for the file: a task looks every now and then. Keys that cannot be read are logged, and those
/// before stay.
final class KeyFile: Sendable {
    private struct Held {
        var keys: KeySet
        var stamp: FileStamp?
    }

    private let held: Mutex<Held>
    private let watcher = Mutex<Task<Void, Never>?>(nil)

    init(_ source: Settings.KeySource, reload: Duration) throws {
        switch source {
        case .secret(let text):
            held = Mutex(Held(keys: try KeySet(secret: Array(text.utf8)), stamp: nil))
        case .file(let path, let format):
            let stamp = FileStamp(path)
            held = Mutex(Held(keys: try Self.read(path, format), stamp: stamp))
            let watching = Task { [weak self] in
                while (try? await Task.sleep(for: reload)) != nil {
                    guard let self else { return }
                    self.lookAgain(path, format)
                }
            }
            watcher.withLock { $0 = watching }
        }
    }

    deinit {
        watcher.withLock { $0?.cancel() }
    }

    /// The keys as they are now.
    var current: KeySet { held.withLock { $0.keys } }

    private func lookAgain(_ path: String, _ format: KeyFormat) {
        // Before it is read: what is written meanwhile is seen the next time.
        let stamp = FileStamp(path)
        guard stamp != held.withLock({ $0.stamp }) else { return }
        let keys = Result { try Self.read(path, format) }
        held.withLock { held in
            held.stamp = stamp
            if case .success(let keys) = keys { held.keys = keys }
        }
        switch keys {
        case .success: PluginLog.write(.info, "the keys were read again")
        case .failure(let problem): PluginLog.write(.error, "\(problem); the keys stay as they were")
        }
    }

    private static func read(_ path: String, _ format: KeyFormat) throws -> KeySet {
        // Not to wait for a writer where somebody put a pipe.
        guard let stamp = FileStamp(path), stamp.isRegular, stamp.size <= mostBytes else {
            throw KeyProblem("\(path): expected a regular file of at most \(mostBytes) bytes, found none")
        }
        do {
            var data = try Data(contentsOf: URL(filePath: path))
            switch format {
            case .secret:
                // An editor's last line break is not part of a secret.
                if data.last == UInt8(ascii: "\n") { data.removeLast() }
                return try KeySet(secret: Array(data))
            case .pem: return try KeySet(pem: String(decoding: data, as: UTF8.self))
            case .jwks: return try KeySet(jwks: data)
            }
        } catch let problem as KeyProblem {
            throw KeyProblem("\(path): \(problem.description)")
        } catch {
            throw KeyProblem("\(path): expected a file of keys, found one that cannot be read")
        }
    }

    private static let mostBytes = 1 << 20
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
