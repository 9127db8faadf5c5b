#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A file that stands where a folder would have to be.
enum EmptyFile {
    static func make(at path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Violation(expected: "a folder for the checks", found: String(cString: strerror(errno)))
        }
        close(descriptor)
    }
}
