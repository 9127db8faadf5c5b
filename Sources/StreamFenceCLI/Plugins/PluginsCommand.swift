import ArgumentParser
import Logging
import StreamFenceHosting

/// `streamfence plugins`: what a configuration can name, and what a shared object offers.
struct PluginsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugins",
        abstract: "List, inspect and check plugins.",
        subcommands: [ListPluginsCommand.self, InspectPluginCommand.self, CheckPluginCommand.self]
    )
}

/// A file that is looked at before anybody names it in a configuration.
struct PluginFileArgument: ParsableArguments {
    @Argument(help: ArgumentHelp("The plugin, a shared object.", valueName: "file"))
    var file: String

    /// Loads the plugin as `serve` would, tried in a child process first; its own folder is the one that it may lie in.
    ///
    /// - Parameter logger: where its lines go.
    func load(
        _ logger: Logger = Logger(label: "streamfence") { StreamLogHandler.standardError(label: $0) }
    ) throws -> LoadedPlugin {
        let folder = file.lastIndex(of: "/").map { file[...$0] } ?? "./"
        let name = file.split(separator: "/", omittingEmptySubsequences: true).last.map(String.init) ?? file
        do {
            return try PluginLoader.ofThisExecutable(logger).load(name, in: String(folder))
        } catch {
            throw Failure.running(error.description)
        }
    }
}
