#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// An open file descriptor; closed with its last owner.
struct Descriptor: ~Copyable {
    let number: Int32

    deinit {
        close(number)
    }
}

/// A system call that gives a number below zero when it fails, repeated while signals interrupt it. nil when it failed;
/// `errno` then says why.
@inline(__always)
func uninterrupted<Answer: SignedInteger>(_ call: () -> Answer) -> Answer? {
    while true {
        let answer = call()
        if answer >= 0 { return answer }
        if errno != EINTR { return nil }
    }
}

/// An open regular file of a lane.
struct SpillFile: ~Copyable {
    /// For errors.
    let path: String
    /// How many bytes it held when it was opened.
    let size: Int
    let descriptor: Descriptor

    /// nil if it is no regular file.
    init?(_ descriptor: consuming Descriptor, path: String) throws(SpillStoreError) {
        var status = stat()
        guard uninterrupted({ fstat(descriptor.number, &status) }) != nil else {
            throw SpillStoreError(.readFailed, "look at", path, errorNumber: errno)
        }
        guard status.st_mode & S_IFMT == S_IFREG else { return nil }
        self.path = path
        self.size = Int(status.st_size)
        self.descriptor = descriptor
    }

    /// Writes all of `bytes` from `offset` on. After an error some of them may be there.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SpillStoreError) {
        var written = 0
        while written < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
            let count = uninterrupted {
                pwrite(descriptor.number, rest.baseAddress, rest.count, off_t(offset + written))
            }
            guard let count else { throw SpillStoreError(.writeFailed, "write to", path, errorNumber: errno) }
            // A regular file takes at least a byte or says why not; anything else must not spin here.
            guard count > 0 else { throw SpillStoreError(.writeFailed, "write to", path, errorNumber: EIO) }
            written += count
        }
    }

    /// Writes all of `bytes` from the start on. After an error some of them may be there.
    func write(_ bytes: [UInt8]) throws(SpillStoreError) {
        // `withUnsafeBytes` of an array passes no typed error on.
        let outcome = bytes.withUnsafeBytes { bytes in
            Result { () throws(SpillStoreError) in try write(bytes, at: 0) }
        }
        try outcome.get()
    }

    /// Fills `buffer` from `offset` on, and returns how much of it: less only at the end of the file.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(SpillStoreError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let count = uninterrupted {
                pread(descriptor.number, rest.baseAddress, rest.count, off_t(offset + filled))
            }
            guard let count else { throw SpillStoreError(.readFailed, "read", path, errorNumber: errno) }
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    /// All it held when it was opened.
    func bytes() throws(SpillStoreError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: size)
        let outcome = bytes.withUnsafeMutableBytes { bytes in
            Result { () throws(SpillStoreError) in try read(into: bytes, at: 0) }
        }
        bytes.removeLast(size - (try outcome.get()))
        return bytes
    }

    /// Writes the file through to the disk.
    func synchronise() throws(SpillStoreError) {
        guard uninterrupted({ fsync(descriptor.number) }) != nil else {
            throw SpillStoreError(.writeFailed, "synchronise", path, errorNumber: errno)
        }
    }

    /// Cuts the file off behind `size` bytes.
    func truncate(to size: Int) throws(SpillStoreError) {
        guard uninterrupted({ ftruncate(descriptor.number, off_t(size)) }) != nil else {
            throw SpillStoreError(.writeFailed, "shorten", path, errorNumber: errno)
        }
    }
}
