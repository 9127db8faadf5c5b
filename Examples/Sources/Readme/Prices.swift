import StreamFence

struct Price: Codable {
    let price: Double
}

@main
struct Prices {
    static func main() async throws {
        var feed = NamespaceConfiguration(path: "/feed", topics: ["snapshot"])
        feed.overflowAction = .dropOldest
        feed.maxQueuedMessagesPerClient = 128

        // Without a host it listens on every address of the machine.
        let server = try StreamFenceServer(
            configuration: ServerConfiguration(host: "127.0.0.1", port: 3000, namespaces: [feed])
        )
        // What clients publish; for nothing but that, leave it out.
        try server.onMessage("/feed", "snapshot") { payload, context in
            print(context.clientID, try payload.decode(Price.self))
        }
        try await server.start()
        while true {
            try server.publish("/feed", "snapshot", Price(price: 42.5))
            try await Task.sleep(for: .seconds(1))
        }
    }
}
