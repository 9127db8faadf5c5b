import StreamFenceBuiltin

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A plugin's file, open and checked, before any of its code runs.
///
/// 1. Follows symbolic links first, and judges what they lead to.
/// 2. Trusts nobody whom the process does not trust anyway: only root and its own user may write to the file and its folder, and not
///    everybody may put another folder in its place.
/// 3. Reads through one descriptor, so that everything is checked of one file; ``confirm()`` says whether it still lies there.
struct PluginFile: ~Copyable {
    /// Absolute, without symbolic links: what is to be loaded, as a bare name would be looked for elsewhere.
    let path: String
    private let descriptor: Int32
    private let status: stat

    /// A file that lies in the folder that plugins are loaded from, and belongs to who may provide plugins.
    ///
    /// - Parameter name: an absolute path, or one from the folder.
    static func open(_ name: String, in folder: String) throws(PluginLoadError) -> PluginFile {
        let given = name.hasPrefix("/") ? name : "\(folder)/\(name)"
        let home = try FilePath.resolve(folder, for: given)
        let path = try FilePath.resolve(given, for: given)
        guard FilePath.parent(of: path) == home else {
            throw PluginLoadError(.outsideFolder, given, expected: "a file in \(home)", found: path)
        }
        let file = try PluginFile(path)
        try FilePath.requireTrusted(try FilePath.status(of: home, for: given), home, for: path)
        try FilePath.requireInPlace(home, for: path)
        try FilePath.requireTrusted(file.status, "the file", for: path)
        return file
    }

    /// The file that comes with an executable, and may be written to by who may write to that.
    static func open(_ given: String, like executable: String) throws(PluginLoadError) -> PluginFile {
        let file = try PluginFile(try FilePath.resolve(given, for: given))
        let model = try FilePath.status(of: executable, for: given)
        guard file.status.st_uid == model.st_uid || FilePath.isTrusted(file.status.st_uid) else {
            throw PluginLoadError(
                .untrustedOwner,
                given,
                expected: "an owner like that of \(executable)",
                found: "user \(file.status.st_uid)"
            )
        }
        guard file.status.st_mode & ~model.st_mode & FilePath.othersMayWrite == 0 else {
            throw PluginLoadError(
                .writableByOthers,
                given,
                expected: "a file no more writable than \(executable)",
                found: "the mode \(FilePath.octal(file.status.st_mode))"
            )
        }
        return file
    }

    private init(_ path: String) throws(PluginLoadError) {
        // Not to wait for who may write to a pipe.
        let descriptor = FilePath.uninterrupted { openFile(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) }
        guard descriptor >= 0 else { throw FilePath.failure(path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw PluginLoadError(.notRegularFile, path, expected: "a regular file", found: "something else")
        }
        self.path = path
        self.descriptor = descriptor
        self.status = status
    }

    deinit {
        close(descriptor)
    }

    /// In bytes.
    var size: UInt64 { UInt64(max(0, status.st_size)) }

    /// When it was last written to.
    var modified: Duration { status.modified }

    /// Bytes of the file; fewer than asked for where it ends.
    func read(_ count: Int, at offset: UInt64) throws(PluginLoadError) -> [UInt8] {
        guard let start = off_t(exactly: offset) else { return [] }
        var bytes = [UInt8](repeating: 0, count: min(count, Int(clamping: size)))
        var filled = 0
        while filled < bytes.count {
            let got = FilePath.uninterrupted {
                bytes.withUnsafeMutableBytes { room in
                    pread(descriptor, room.baseAddress.map { $0 + filled }, room.count - filled, start + off_t(filled))
                }
            }
            guard got >= 0 else { throw FilePath.failure(path) }
            if got == 0 { break }
            filled += got
        }
        return Array(bytes.prefix(filled))
    }

    /// - Parameter expected: in hexadecimal digits.
    func requireHash(_ expected: String) throws(PluginLoadError) {
        let found = SHA256.hexadecimal(try read(Int(clamping: size), at: 0))
        guard found == expected.lowercased() else {
            throw PluginLoadError(.wrongHash, path, expected: "the SHA-256 \(expected.lowercased())", found: found)
        }
    }

    /// Whether the path still leads to what was checked: what was loaded is it then.
    func confirm() throws(PluginLoadError) {
        let now = try FilePath.status(of: path, for: path)
        guard identity == FileIdentity(now) else {
            throw PluginLoadError(.changed, path, "the file was replaced or written to while it was loaded")
        }
    }

    var identity: FileIdentity { FileIdentity(status) }
}

/// What tells one state of one file from another.
struct FileIdentity: Sendable, Equatable {
    private let device: UInt64
    private let inode: UInt64
    private let size: Int64
    private let modified: Duration

    init(_ status: stat) {
        device = UInt64(truncatingIfNeeded: status.st_dev)
        inode = UInt64(truncatingIfNeeded: status.st_ino)
        size = Int64(status.st_size)
        modified = status.modified
    }
}

/// The system's `open`, which a method of that name hides.
private func openFile(_ path: String, _ flags: Int32) -> Int32 {
    open(path, flags)
}
