import ArgumentParser

/// `streamfence`: a delivery-control server for Socket.IO, and a client to try it with.
@main
struct StreamFenceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "streamfence",
        abstract: "A delivery-control server for Socket.IO: a slow client costs nobody else anything.",
        discussion: """
            Exit codes: 0 fine, 1 failed while running, 64 bad usage, 78 bad configuration.
            """,
        version: "0.1.0",
        subcommands: [
            ServeCommand.self, CheckConfigCommand.self, SubscribeCommand.self, PublishCommand.self,
            PluginsCommand.self, ProbePluginCommand.self,
        ]
    )
}
