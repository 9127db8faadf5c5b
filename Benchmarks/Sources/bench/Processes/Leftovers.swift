import Dispatch
import Foundation
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What must not outlive the program: children and temporary files. Errors are unwound by `defer`; this is for signals.
/// Safe from any thread.
enum Leftovers {
    private struct State {
        var children: Set<pid_t> = []
        var files: Set<String> = []
    }

    private static let state = Mutex(State())
    private static let signals = [SIGINT, SIGTERM, SIGHUP]
    /// Only held, so that they stay in force; nobody uses them, which is why it is safe that they are not `Sendable`.
    nonisolated(unsafe) private static let sources = signals.map { number in
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler { end(by: number) }
        source.activate()
        return source
    }

    /// From here on SIGINT, SIGTERM and SIGHUP clean up before they end the program.
    static func removeOnSignals() {
        _ = sources
    }

    /// Runs `spawn`, which starts a child and returns its process id; no signal is handled in between.
    static func child(_ spawn: () throws -> pid_t) rethrows -> pid_t {
        try state.withLock { state in
            let pid = try spawn()
            state.children.insert(pid)
            return pid
        }
    }

    /// To be called before the child is waited for: after that its process id may be somebody else's.
    static func forget(child pid: pid_t) {
        state.withLock { _ = $0.children.remove(pid) }
    }

    /// A file, or a folder with all in it.
    static func remember(file path: String) {
        state.withLock { _ = $0.files.insert(path) }
    }

    static func remove(file path: String) {
        state.withLock { _ = $0.files.remove(path) }
        removeItem(path)
    }

    /// It may not be there.
    private static func removeItem(_ path: String) {
        try? FileManager.default.removeItem(atPath: path)
    }

    private static func end(by number: Int32) {
        state.withLock { state in
            // Waited for, so that they write no file behind our back. That another thread waits too does no harm.
            for pid in state.children {
                kill(pid, SIGKILL)
                waitpid(pid, nil, 0)
            }
            for path in state.files { removeItem(path) }
            // Inside the lock, so that no child is started any more.
            _exit(128 + number)
        }
    }
}
