#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A child process. It is killed by ``kill()``, when a signal ends this program (see ``Leftovers``), and, where
/// `setpriv` is installed, by the kernel when this program ends in whatever way.
///
/// Its standard input is empty and its standard error is ours. Used from the main thread only.
final class ChildProcess {
    enum Output {
        /// Standard output can be read with ``readLine(within:)``.
        case piped
        /// Standard output goes nowhere.
        case discarded
    }

    let pid: pid_t
    /// The read end of a pipe that the child holds open: it tells that the child has ended.
    private let pipeEnd: Int32
    private var isReaped = false

    /// - Parameter command: the program, found in PATH unless it has a slash, and its arguments.
    init(_ command: [String], output: Output) throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw BenchmarkError("can't make a pipe: \(systemError(errno))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let (readEnd, writeEnd) = (ends[0], ends[1])
        defer { close(writeEnd) }
        do {
            pid = try Leftovers.child { try Self.spawn(command, output, pipe: writeEnd) }
        } catch {
            close(readEnd)
            throw error
        }
        pipeEnd = readEnd
    }

    /// The next line of standard output without its end; nil when the child has closed it, or nothing came in time.
    func readLine(within milliseconds: Int32) -> String? {
        var line: [UInt8] = []
        while wait(milliseconds) {
            var byte: UInt8 = 0
            guard read(pipeEnd, &byte, 1) == 1 else { return nil }
            if byte == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
            line.append(byte)
        }
        return nil
    }

    /// Waits for the child to end, at most so long; true if it has.
    func hasEnded(within milliseconds: Int32) -> Bool {
        wait(milliseconds)
    }

    func waitForExit() -> Int32 {
        reap()
    }

    func kill() {
        guard !isReaped else { return }
        Self.sendKill(pid)
        _ = reap()
    }

    /// True if there is something to read, or the child has ended.
    private func wait(_ milliseconds: Int32) -> Bool {
        var watched = pollfd(fd: pipeEnd, events: Int16(POLLIN), revents: 0)
        return poll(&watched, 1, milliseconds) > 0
    }

    private func reap() -> Int32 {
        isReaped = true
        Leftovers.forget(child: pid)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        close(pipeEnd)
        return status
    }

    private static func sendKill(_ pid: pid_t) {
        #if canImport(Glibc)
        _ = Glibc.kill(pid, SIGKILL)
        #elseif canImport(Musl)
        _ = Musl.kill(pid, SIGKILL)
        #else
        _ = Darwin.kill(pid, SIGKILL)
        #endif
    }
}

func systemError(_ number: Int32) -> String {
    String(cString: strerror(number))
}
