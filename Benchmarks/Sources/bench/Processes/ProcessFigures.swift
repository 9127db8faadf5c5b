import Foundation

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What the system tells about a process from outside it. Nothing on systems without `/proc`.
struct ProcessFigures: Sendable {
    let pid: pid_t

    /// Processor time used so far by all threads, ended ones included. The process's clock has nanoseconds, where
    /// `/proc/PID/stat` counts hundredths of a second.
    func cpuSeconds() -> Double? {
        #if os(Linux)
        var clock = clockid_t()
        guard clock_getcpuclockid(pid, &clock) == 0 else { return nil }
        return seconds(of: clock)
        #else
        return nil
        #endif
    }

    /// How long its threads have been ready to run and had no core, in seconds: what other work took from it. Threads
    /// that have ended don't count.
    func waitingSeconds() -> Double? {
        guard let threads = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task") else {
            return nil
        }
        // Time on a core, time without one, both in nanoseconds, and how often.
        let waiting = threads.compactMap { thread in
            systemFile("/proc/\(pid)/task/\(thread)/schedstat")?.split(separator: " ").dropFirst().first
                .flatMap { Double($0) }
        }
        return waiting.isEmpty ? nil : waiting.reduce(0, +) / 1e9
    }

    /// Resident memory now, in KiB.
    func residentKiB() -> Int? { status("VmRSS:") }

    /// The most resident memory since the process started, in KiB.
    func residentPeakKiB() -> Int? { status("VmHWM:") }

    static func ownCPUSeconds() -> Double {
        ProcessFigures(pid: getpid()).seconds(of: CLOCK_PROCESS_CPUTIME_ID) ?? 0
    }

    /// A number of `/proc/PID/status`.
    private func status(_ key: String) -> Int? {
        let line = systemFile("/proc/\(pid)/status")?.split(separator: "\n").first { $0.hasPrefix(key) }
        return line?.dropFirst(key.count).split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) }
    }

    private func seconds(of clock: clockid_t) -> Double? {
        var time = timespec()
        guard clock_gettime(clock, &time) == 0 else { return nil }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// The text of a file of `/proc`, up to 64 KiB; nil where there is none.
func systemFile(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = read(descriptor, &bytes, bytes.count)
    return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
}
