import ArgumentParser
import Logging
import StreamFence
import StreamFenceHosting

/// `streamfence plugins list`: everything that a configuration can name.
struct ListPluginsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List what a configuration can name: kind, name and where it comes from.",
        discussion: "Without --config that is what comes with StreamFence. One line each, separated by tabs."
    )

    @Option(help: ArgumentHelp("A configuration file, whose plugins are loaded too.", valueName: "file"))
    var config: String?

    func run() throws {
        for entry in try registry().entries {
            Console.output("\(entry.component.kind.rawValue)\t\(entry.component.name)\t\(entry.origin)")
        }
    }

    private func registry() throws -> PluginRegistry {
        let logger = Logger(label: "streamfence") { StreamLogHandler.standardError(label: $0) }
        if let config { return try loadConfiguration(config, logger).loaded.registry }
        do {
            return try PluginLoader.ofThisExecutable(logger).load(PluginsConfiguration()).registry
        } catch {
            throw Failure.configuration(error.description)
        }
    }
}
