import StreamFence
import StreamFenceClient
import StreamFenceHosting
import StreamFenceManagement
import StreamFenceSocketIO

/// A program with a server in it whose clients are let in by a plugin, of which the argument is the file: tells as whom the
/// plugin knows one.
@main
struct Embedder {
    static func main() async throws {
        let file = CommandLine.arguments[1]
        let folder = file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        var registry = PluginRegistry.builtin
        try registry.register(PluginLoader().load(file, in: folder).components, from: .file(file))

        var feed = NamespaceConfiguration(path: "/feed", topics: ["snapshot"])
        feed.authRequired = true
        var configuration = ServerConfiguration(host: "127.0.0.1", port: 0, namespaces: [feed])
        configuration.auth = .token
        configuration.tokenValidator = PluginChoice(use: "porter")
        let server = try StreamFenceServer(configuration: configuration, registry: registry)
        let events = server.events()
        try await server.start()
        guard let port = server.port else { fatalError("expected a port of a server that has started, found none") }
        let client = try await SocketIOClient.connect(
            to: SocketIOURL("http://127.0.0.1:\(port)/feed"),
            auth: ["token": "alice"]
        )
        for await case .clientConnected(let event) in events {
            print("principal", event.principal ?? "none")
            break
        }
        await client.close()
        try await server.stop()
    }
}
