import ArgumentParser
import Logging
import StreamFenceHosting

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// `streamfence probe-plugin`: what `serve` runs as a child process before it loads a file itself. See ``PluginProbe``.
struct ProbePluginCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe-plugin",
        abstract: "Load a plugin and end, to see whether that can be survived.",
        shouldDisplay: false
    )

    @Argument(help: "The folder that the file has to lie in.")
    var folder: String

    @Argument(help: "The file.")
    var file: String

    func run() throws {
        alarm(PluginProbe.longest)
        // What is wrong with the file the parent finds out itself, and says once.
        let silent = Logger(label: "streamfence") { _ in SwiftLogNoOpLogHandler() }
        _ = try? PluginLoader(logger: silent).load(file, in: folder)
        throw ExitCode(PluginProbe.survived)
    }
}
