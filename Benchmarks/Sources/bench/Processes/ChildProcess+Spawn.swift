#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

#if canImport(Darwin)
private typealias FileActions = posix_spawn_file_actions_t?
private typealias Attributes = posix_spawnattr_t?
#else
private typealias FileActions = posix_spawn_file_actions_t
private typealias Attributes = posix_spawnattr_t
#endif

extension ChildProcess {
    /// `setpriv` and what makes the kernel kill the child when this thread, the main one, has ended; empty where
    /// there is none.
    private static let killedWithParent: [String] =
        executable(named: "setpriv").map { [$0, "--pdeathsig", "KILL"] } ?? []

    /// Where a child whose output is discarded holds the pipe open.
    private static let lifeline: Int32 = 3

    static func spawn(_ command: [String], _ output: Output, pipe: Int32) throws -> pid_t {
        var actions = makeFileActions()
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        switch output {
        case .piped:
            posix_spawn_file_actions_adddup2(&actions, pipe, 1)
        case .discarded:
            posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
            posix_spawn_file_actions_adddup2(&actions, pipe, lifeline)
        }
        var attributes = makeAttributes()
        defer { posix_spawnattr_destroy(&attributes) }
        // The signals this program ignores, to handle them elsewhere, would be ignored by the child for good.
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))

        let words = killedWithParent + command
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var pid: pid_t = 0
        let failure = posix_spawnp(&pid, words[0], &actions, &attributes, &arguments, environ)
        guard failure == 0 else { throw BenchmarkError("can't start \(words[0]): \(systemError(failure))") }
        return pid
    }

    private static func makeFileActions() -> FileActions {
        #if canImport(Darwin)
        var actions: FileActions = nil
        #else
        var actions = FileActions()
        #endif
        posix_spawn_file_actions_init(&actions)
        return actions
    }

    private static func makeAttributes() -> Attributes {
        #if canImport(Darwin)
        var attributes: Attributes = nil
        #else
        var attributes = Attributes()
        #endif
        posix_spawnattr_init(&attributes)
        return attributes
    }
}
