import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The processors this process may use.
enum Processors {
    /// As many as the process is allowed to run on, not as many as the machine has: one event loop each is the most
    /// that can work at once.
    static var available: Int {
        guard let allowed = allowedByAffinity() else { return System.coreCount }
        return max(1, min(allowed, System.coreCount))
    }

    /// The processors in the process's affinity mask; nil where the system does not tell.
    private static func allowedByAffinity() -> Int? {
        #if os(Linux)
        let descriptor = open("/proc/self/status", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var text = [UInt8](repeating: 0, count: 16_384)
        let count = read(descriptor, &text, text.count)
        guard count > 0 else { return nil }
        let lines = String(decoding: text.prefix(count), as: UTF8.self).split(separator: "\n")
        guard let mask = lines.first(where: { $0.hasPrefix("Cpus_allowed:") }) else { return nil }
        return mask.dropFirst("Cpus_allowed:".count).reduce(0) { $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0) }
        #else
        return nil
        #endif
    }
}
