#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// An open folder. What is in it is reached through it and never through a path, so that neither a link in the place of
/// a folder nor one in the place of a file leads out of it.
struct Folder: ~Copyable {
    /// For errors.
    let path: String
    let descriptor: Descriptor

    /// Opens the folder at `path`, through links.
    init(at path: String) throws(SpillStoreError) {
        let number = uninterrupted { open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard let number else { throw SpillStoreError(.readFailed, "open the folder", path, errorNumber: errno) }
        self.path = path
        self.descriptor = Descriptor(number: number)
    }

    private init(_ descriptor: consuming Descriptor, path: String) {
        self.path = path
        self.descriptor = descriptor
    }

    private func path(of name: String) -> String { "\(path)/\(name)" }

    // MARK: Folders

    /// Opens the folder `name` in this one; refuses a link.
    func folder(_ name: String) throws(SpillStoreError) -> Folder {
        let number = uninterrupted {
            openat(descriptor.number, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        }
        guard let number else {
            throw SpillStoreError(.readFailed, "open the folder", path(of: name), errorNumber: errno)
        }
        return Folder(Descriptor(number: number), path: path(of: name))
    }

    /// The folder `name` in this one; nil if there is none.
    func folderIfAny(_ name: String) throws(SpillStoreError) -> Folder? {
        do {
            return try folder(name)
        } catch {
            guard error.isNothingThere else { throw error }
            return nil
        }
    }

    /// Makes the folder `name`, for its owner only; does nothing if it is there.
    func makeFolder(_ name: String) throws(SpillStoreError) {
        if uninterrupted({ mkdirat(descriptor.number, name, 0o700) }) != nil {
            // The umask took from the mode what it liked.
            guard uninterrupted({ fchmodat(descriptor.number, name, 0o700, 0) }) != nil else {
                throw SpillStoreError(.writeFailed, "set the mode of", path(of: name), errorNumber: errno)
            }
        } else if errno != EEXIST {
            throw SpillStoreError(.writeFailed, "make the folder", path(of: name), errorNumber: errno)
        }
    }

    /// Removes the folder `name` if it is empty, and tells whether it is gone.
    func removeFolderIfEmpty(_ name: String) throws(SpillStoreError) -> Bool {
        if uninterrupted({ unlinkat(descriptor.number, name, AT_REMOVEDIR) }) != nil { return true }
        switch errno {
        case ENOENT: return true
        case ENOTEMPTY, EEXIST, ENOTDIR, EBUSY: return false
        case let number: throw SpillStoreError(.removeFailed, "remove the folder", path(of: name), errorNumber: number)
        }
    }

    // MARK: Files

    /// Opens the file `name`; nil if there is none, or something that is no regular file.
    func fileIfAny(_ name: String, writable: Bool = false) throws(SpillStoreError) -> SpillFile? {
        // Whatever lies there under our name: opening it must not wait.
        let flags = (writable ? O_RDWR : O_RDONLY) | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
        guard let number = uninterrupted({ openat(descriptor.number, name, flags) }) else {
            let error = SpillStoreError(
                writable ? .writeFailed : .readFailed,
                "open",
                path(of: name),
                errorNumber: errno
            )
            // A folder can't be opened for writing, nor a pipe nobody reads.
            if error.isNothingThere || error.errorNumber == EISDIR || error.errorNumber == ENXIO { return nil }
            throw error
        }
        return try SpillFile(Descriptor(number: number), path: path(of: name))
    }

    /// Makes the file `name`, for its owner only; fails if there is one.
    func makeFile(_ name: String) throws(SpillStoreError) -> SpillFile {
        let number = uninterrupted {
            openat(descriptor.number, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        }
        guard let number else { throw SpillStoreError(.writeFailed, "make", path(of: name), errorNumber: errno) }
        let file = Descriptor(number: number)
        do throws(SpillStoreError) {
            // The umask took from the mode what it liked.
            guard uninterrupted({ fchmod(file.number, 0o600) }) != nil else {
                throw SpillStoreError(.writeFailed, "set the mode of", path(of: name), errorNumber: errno)
            }
            guard let made = try SpillFile(file, path: path(of: name)) else {
                throw SpillStoreError(.writeFailed, "make", path(of: name), errorNumber: EINVAL)
            }
            return made
        } catch {
            try? remove(name)
            throw error
        }
    }

    /// Makes the file `name` hold `bytes`, at once: it is written under another name first.
    func write(_ bytes: [UInt8], to name: String) throws(SpillStoreError) {
        let draft = name + LaneFiles.draftSuffix
        // Left behind by a killed process.
        try remove(draft)
        let file = try makeFile(draft)
        do throws(SpillStoreError) {
            try file.write(bytes)
            guard uninterrupted({ renameat(descriptor.number, draft, descriptor.number, name) }) != nil else {
                throw SpillStoreError(.writeFailed, "rename a draft to", path(of: name), errorNumber: errno)
            }
        } catch {
            // The first failure is the one to tell; a draft that stays is in nobody's way.
            try? remove(draft)
            throw error
        }
    }

    /// Removes the file `name` if there is one.
    func remove(_ name: String) throws(SpillStoreError) {
        guard uninterrupted({ unlinkat(descriptor.number, name, 0) }) == nil else { return }
        // A folder under a file's name is not ours.
        guard errno != ENOENT, errno != EISDIR else { return }
        throw SpillStoreError(.removeFailed, "remove", path(of: name), errorNumber: errno)
    }

    // MARK: Listing

    /// Calls `body` with the name of everything in the folder, in no order.
    func forEachName(_ body: (String) -> Void) throws(SpillStoreError) {
        // A descriptor of its own: reading a folder moves the descriptor's offset, and `closedir` closes it.
        guard let number = uninterrupted({ openat(descriptor.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }) else {
            throw SpillStoreError(.readFailed, "list", path, errorNumber: errno)
        }
        guard let stream = fdopendir(number) else {
            let failure = errno
            close(number)
            throw SpillStoreError(.readFailed, "list", path, errorNumber: failure)
        }
        defer { closedir(stream) }
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw SpillStoreError(.readFailed, "list", path, errorNumber: errno) }
                return
            }
            // Through the entry's address: the array in it is longer than what the system wrote.
            guard let offset = MemoryLayout<dirent>.offset(of: \dirent.d_name) else { return }
            let name = String(cString: (UnsafeRawPointer(entry) + offset).assumingMemoryBound(to: CChar.self))
            if name != ".", name != ".." { body(name) }
        }
    }
}
