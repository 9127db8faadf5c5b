#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Loads a plugin in a child process first: one whose constructors crash ends that, and not this one.
///
/// The child is an executable that loads the file with a ``PluginLoader`` of its own and then ends with
/// ``PluginProbe/survived``, whether the file could be loaded or not: what is wrong with it, this process finds out itself.
public struct PluginProbe: Sendable {
    /// The exit code of a child that is still there after it has loaded the file.
    public static let survived: Int32 = 42
    /// How long a child may take, in seconds. It is to set an `alarm(2)`.
    public static let longest: UInt32 = 30

    /// What to run, an absolute path.
    public var executable: String
    /// What comes before the folder and the file, which are appended.
    public var arguments: [String]

    /// - Parameters:
    ///   - executable: what to run, an absolute path.
    ///   - arguments: what comes before the folder and the file, which are appended.
    public init(executable: String, arguments: [String]) {
        self.executable = executable
        self.arguments = arguments
    }

    /// - Throws: how the child ended, if the file ended it.
    func run(_ file: String, in folder: String) throws(PluginLoadError) {
        let (status, said) = try spawn(file, in: folder)
        let signal = status & 0x7F
        var found: String
        if signal == SIGALRM {
            found = "one that had not ended after \(Self.longest) seconds"
        } else if signal != 0 {
            found = "\"\(String(cString: strsignal(signal)))\" (signal \(signal))"
        } else if status >> 8 & 0xFF != Self.survived {
            found = "that it ended the process, with exit code \(status >> 8 & 0xFF)"
        } else {
            return
        }
        if !said.isEmpty { found += " after it had written \"\(said)\"" }
        throw PluginLoadError(.crashes, file, expected: "a child process to load it and live", found: found)
    }

    /// - Returns: how the child ended, and the last that it wrote to standard error.
    private func spawn(
        _ plugin: String,
        in folder: String
    ) throws(PluginLoadError) -> (status: Int32, said: String) {
        let words = [executable] + arguments + [folder, plugin]
        var pointers = words.map { strdup($0) } + [nil]
        defer { pointers.forEach { free($0) } }

        // What a plugin prints is no output of this process. What is said of its crash becomes a part of the one line that reports
        // it; in a file and not in a pipe, as nobody has to read that while the child runs, or waits for the end of whatever the
        // plugin has started.
        let file = tmpfile()
        defer { if let file { fclose(file) } }
        let errors = file.map { fileno($0) }
        #if canImport(Darwin)
        var actions: posix_spawn_file_actions_t?
        #else
        var actions = posix_spawn_file_actions_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        if let errors {
            posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)
        } else {
            posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        }

        var environment = Self.environment.map { strdup($0) } + [nil]
        defer { environment.forEach { free($0) } }

        var child = pid_t()
        var failure = posix_spawn(&child, executable, &actions, nil, &pointers, &environment)
        var status: Int32 = 0
        if failure == 0, FilePath.uninterrupted({ waitpid(child, &status, 0) }) < 0 { failure = errno }
        guard failure == 0 else {
            let reason = String(cString: strerror(failure))
            throw PluginLoadError(
                .crashes,
                plugin,
                expected: "to try it in a child process, \(executable)",
                found: "\"\(reason)\""
            )
        }
        return (status, errors.map { Self.end(of: $0) } ?? "")
    }

    /// The last lines of an open file, as one.
    private static func end(of descriptor: Int32) -> String {
        let longest = 500
        var bytes = [UInt8](repeating: 0, count: longest)
        let length = lseek(descriptor, 0, SEEK_END)
        let count = pread(descriptor, &bytes, longest, max(0, length - off_t(longest)))
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        return text.split(whereSeparator: \.isNewline).joined(separator: "; ")
    }

    /// That of this process. One line says that a plugin crashes: pages of registers would hide it.
    private static var environment: [String] {
        let inherited = processEnvironment().filter { $0.key != "SWIFT_BACKTRACE" }
        return inherited.map { "\($0.key)=\($0.value)" } + ["SWIFT_BACKTRACE=enable=no"]
    }
}
