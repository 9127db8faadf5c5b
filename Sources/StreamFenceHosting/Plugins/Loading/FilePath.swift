#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Questions about paths, asked for a plugin's file, which the errors name.
enum FilePath {
    static let othersMayWrite: mode_t = S_IWGRP | S_IWOTH

    /// Absolute, without symbolic links.
    static func resolve(_ path: String, for file: String) throws(PluginLoadError) -> String {
        guard let resolved = realpath(path, nil) else { throw failure(file, about: path) }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    static func parent(of path: String) -> String {
        guard let end = path.lastIndex(of: "/"), end > path.startIndex else { return "/" }
        return String(path[..<end])
    }

    static func status(of path: String, for file: String) throws(PluginLoadError) -> stat {
        var status = stat()
        guard stat(path, &status) == 0 else { throw failure(file, about: path) }
        return status
    }

    /// When a file was last written to; nil if there is none.
    static func modified(_ path: String) -> Duration? {
        var status = stat()
        return stat(path, &status) == 0 ? status.modified : nil
    }

    static func isTrusted(_ user: uid_t) -> Bool {
        user == 0 || user == geteuid()
    }

    /// - Parameter what: the file or its folder, for the message.
    static func requireTrusted(_ status: stat, _ what: String, for file: String) throws(PluginLoadError) {
        guard isTrusted(status.st_uid) else {
            throw PluginLoadError(
                .untrustedOwner,
                file,
                expected: "\(what) to belong to root or to user \(geteuid())",
                found: "user \(status.st_uid)"
            )
        }
        guard status.st_mode & othersMayWrite == 0 else {
            throw PluginLoadError(
                .writableByOthers,
                file,
                expected: "\(what) to be writable by its owner alone",
                found: "the mode \(octal(status.st_mode))"
            )
        }
    }

    /// A folder can be replaced by who may write to one above it, unless that keeps what belongs to others, as `/tmp` does.
    static func requireInPlace(_ folder: String, for file: String) throws(PluginLoadError) {
        var folder = folder
        while folder != "/" {
            folder = parent(of: folder)
            let mode = try status(of: folder, for: file).st_mode
            guard mode & S_IWOTH == 0 || mode & S_ISVTX != 0 else {
                throw PluginLoadError(
                    .writableByOthers,
                    file,
                    expected: "\(folder), which it lies in, not to be writable by everybody",
                    found: "the mode \(octal(mode))"
                )
            }
        }
    }

    static func octal(_ mode: mode_t) -> String {
        "0" + String(mode & 0o7777, radix: 8)
    }

    /// What the system just said.
    static func failure(_ file: String, about path: String? = nil) -> PluginLoadError {
        let code: PluginLoadError.Code = errno == ENOENT || errno == ENOTDIR ? .missing : .unreadable
        let reason = String(cString: strerror(errno))
        return PluginLoadError(code, file, expected: "to read \(path ?? file)", found: "\"\(reason)\"")
    }

    /// A signal that arrives meanwhile is no reason to give up.
    static func uninterrupted<Result: FixedWidthInteger>(_ call: () -> Result) -> Result {
        var result = call()
        while result < 0, errno == EINTR { result = call() }
        return result
    }
}

extension stat {
    /// When the file was last written to, since 1970.
    var modified: Duration {
        #if canImport(Darwin)
        let time = st_mtimespec
        #else
        let time = st_mtim
        #endif
        return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    }
}
