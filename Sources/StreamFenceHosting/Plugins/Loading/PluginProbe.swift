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
        let status = try spawn(file, in: folder)
        let signal = status & 0x7F
        let found: String
        if signal == SIGALRM {
            found = "one that had not ended after \(Self.longest) seconds"
        } else if signal != 0 {
            found = "\"\(String(cString: strsignal(signal)))\" (signal \(signal))"
        } else if status >> 8 & 0xFF != Self.survived {
            found = "that it ended the process, with exit code \(status >> 8 & 0xFF)"
        } else {
            return
        }
        throw PluginLoadError(.crashes, file, expected: "a child process to load it and live", found: found)
    }

    private func spawn(_ file: String, in folder: String) throws(PluginLoadError) -> Int32 {
        let words = [executable] + arguments + [folder, file]
        var pointers = words.map { strdup($0) } + [nil]
        defer { pointers.forEach { free($0) } }

        // What a plugin prints is no output of this process; what it says of its crash may be read.
        #if canImport(Darwin)
        var actions: posix_spawn_file_actions_t?
        #else
        var actions = posix_spawn_file_actions_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)

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
                file,
                expected: "to try it in a child process, \(executable)",
                found: "\"\(reason)\""
            )
        }
        return status
    }

    /// That of this process. One line says that a plugin crashes: pages of registers would hide it.
    private static var environment: [String] {
        let inherited = processEnvironment().filter { $0.key != "SWIFT_BACKTRACE" }
        return inherited.map { "\($0.key)=\($0.value)" } + ["SWIFT_BACKTRACE=enable=no"]
    }
}
