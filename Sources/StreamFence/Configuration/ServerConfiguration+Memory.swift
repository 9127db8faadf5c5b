#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension ServerConfiguration {
    /// What ``maxQueuedBytes`` is where it is not set, in bytes: 25 % of the memory this process may use, at most
    /// 1,073,741,824. On Linux a control group's limit counts, such as that of a container or a systemd service.
    ///
    /// Reads small files of the system each time; call it at start-up, not on an event loop.
    public static var defaultMaxQueuedBytes: Int {
        defaultMaxQueuedBytes(physicalMemory: physicalMemory(), read: readSystemFile)
    }

    /// - Parameters:
    ///   - physicalMemory: that of the machine, in bytes; `nil` if it is unknown.
    ///   - read: the text of a file of the system; `nil` where there is none.
    static func defaultMaxQueuedBytes(physicalMemory: Int?, read: (String) -> String?) -> Int {
        let limits = ControlGroup.memoryFiles(membership: read("/proc/self/cgroup") ?? "").compactMap { path in
            // `max`, and anything else that is no number, is no limit. Version 1 writes a huge one instead.
            read(path).flatMap { Int($0.prefix { !$0.isWhitespace }) }
        }
        let memory = (limits + [physicalMemory].compactMap { $0 }).filter { $0 > 0 }.min() ?? .max
        return max(1, min(memory / 4, 1_073_741_824))
    }

    private static func physicalMemory() -> Int? {
        let pages = sysconf(Int32(_SC_PHYS_PAGES))
        let (bytes, overflow) = pages.multipliedReportingOverflow(by: sysconf(Int32(_SC_PAGESIZE)))
        return overflow || bytes <= 0 ? nil : bytes
    }

    private static func readSystemFile(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var text: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while text.count < 65_536 {
            let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 else { return nil }
            if count == 0 { break }
            text += chunk.prefix(count)
        }
        return String(decoding: text, as: UTF8.self)
    }
}

/// Where Linux says what memory a process may use.
private enum ControlGroup {
    /// The files that may hold a limit: those of the process's group and of every group around it, in version 2 and 1.
    /// The outermost stands for the group itself where a container sees its own group as the root.
    ///
    /// - Parameter membership: what `/proc/self/cgroup` says, a line each like `0::/system.slice/feed.service`.
    static func memoryFiles(membership: String) -> [String] {
        var groups: Set = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
        for line in membership.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let (root, file): (String, String)
            if parts[1].isEmpty {
                (root, file) = ("/sys/fs/cgroup", "memory.max")
            } else if parts[1].split(separator: ",").contains("memory") {
                (root, file) = ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            } else {
                continue
            }
            var folder = root
            for name in parts[2].split(separator: "/") {
                folder += "/\(name)"
                groups.insert("\(folder)/\(file)")
            }
        }
        return Array(groups)
    }
}
