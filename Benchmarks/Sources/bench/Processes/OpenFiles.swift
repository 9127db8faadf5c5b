#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The sockets this process, and a server it starts, may have open.
enum OpenFiles {
    /// Raises the soft limit to the hard one.
    ///
    /// - Throws: ``BenchmarkError`` if that many clients do not fit.
    static func raiseLimit(forClients clients: Int) throws {
        #if canImport(Glibc)
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
        let resource = RLIMIT_NOFILE
        #endif
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(resource, &limit)
        let needed = clients + 64
        guard UInt64(limit.rlim_max) >= UInt64(needed) else {
            throw BenchmarkError(
                "expected a limit of \(needed) open files or more, found \(limit.rlim_max) (ulimit -Hn)"
            )
        }
    }
}
