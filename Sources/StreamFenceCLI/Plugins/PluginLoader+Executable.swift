import Logging
import StreamFenceHosting

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension PluginLoader {
    /// The loader of this executable: the built-in plugins come from the library beside it, and other files are tried in a
    /// child process first.
    static func ofThisExecutable(_ logger: Logger) -> PluginLoader {
        guard let executable = executablePath else { return PluginLoader(logger: logger) }
        return PluginLoader(
            builtinLibrary: BuiltinLibrary(beside: executable),
            probe: PluginProbe(
                executable: executable,
                arguments: [ProbePluginCommand.configuration.commandName ?? ""]
            ),
            logger: logger
        )
    }

    /// Nil where the system does not say: that is Linux's way to.
    private static var executablePath: String? {
        guard let path = realpath("/proc/self/exe", nil) else { return nil }
        defer { free(path) }
        return String(cString: path)
    }
}
