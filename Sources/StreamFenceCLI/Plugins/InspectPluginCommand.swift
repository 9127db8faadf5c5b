import ArgumentParser
import StreamFenceHosting

/// `streamfence plugins inspect`: what a shared object is, or why it would be refused.
struct InspectPluginCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Say what a plugin is and offers, or why a server would refuse it (exit code 1).",
        discussion: """
            The file is loaded in a child process first: one that crashes ends that. It has to be as safe from others as in a \
            server: only its owner may write to it and its folder.
            """
    )

    @OptionGroup var plugin: PluginFileArgument

    func run() throws {
        let plugin = try plugin.load()
        Console.output("name\t\(plugin.name)")
        Console.output("version\t\(plugin.version)")
        Console.output("file\t\(plugin.file)")
        Console.output("ABI\t\(plugin.abiVersion)")
        Console.output("toolchain\t\(plugin.toolchain)")
        for component in plugin.components {
            Console.output("\(component.kind.rawValue)\t\(component.name)")
        }
    }
}
