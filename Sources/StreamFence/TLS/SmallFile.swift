#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Files that fit into memory, by path. Everything here blocks.
enum SmallFile {
    /// Far more than any certificate chain has.
    static let mostBytes = 1 << 20

    /// What is in a file.
    static func read(_ path: String) throws(SmallFileError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw SmallFileError(errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SmallFileError(errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw SmallFileError("expected a file, found something else")
        }
        guard status.st_size <= mostBytes else {
            throw SmallFileError("expected at most \(mostBytes) bytes, found \(status.st_size)")
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var count = 0
        while count < bytes.count {
            let read = bytes.withUnsafeMutableBytes { Self.read(descriptor, into: $0, from: count) }
            guard read >= 0 else { throw SmallFileError(errno) }
            guard read > 0 else { break }
            count += read
        }
        return Array(bytes.prefix(count))
    }

    private static func read(_ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer, from start: Int) -> Int {
        guard let address = bytes.baseAddress else { return 0 }
        #if canImport(Darwin)
        return Darwin.read(descriptor, address + start, bytes.count - start)
        #elseif canImport(Musl)
        return Musl.read(descriptor, address + start, bytes.count - start)
        #else
        return Glibc.read(descriptor, address + start, bytes.count - start)
        #endif
    }

    /// What tells that a file is another than it was, without reading it.
    struct Stamp: Equatable, Sendable {
        let device: UInt64
        let inode: UInt64
        let bytes: Int64
        let seconds: Int
        let nanoseconds: Int

        /// Follows symbolic links; nil if there is no such file.
        init?(of path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            device = UInt64(truncatingIfNeeded: status.st_dev)
            inode = UInt64(truncatingIfNeeded: status.st_ino)
            bytes = Int64(status.st_size)
            #if canImport(Darwin)
            let modified = status.st_mtimespec
            #else
            let modified = status.st_mtim
            #endif
            seconds = Int(modified.tv_sec)
            nanoseconds = Int(modified.tv_nsec)
        }
    }
}

/// Why a file can't be read.
struct SmallFileError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }

    init(_ number: Int32) {
        self.init(String(cString: strerror(number)))
    }
}
