import StreamFence

/// What `serve` runs when no file is given.
enum EmbeddedConfiguration {
    static let name = "default"

    static func servers() -> [ServerConfiguration] {
        var feed = NamespaceConfiguration(path: "/feed", topics: ["snapshot"])
        feed.overflowAction = .dropOldest
        return [ServerConfiguration(name: name, host: "127.0.0.1", port: 3000, namespaces: [feed])]
    }

    static func sayWhatToTry(port: Int) {
        let url = "http://127.0.0.1:\(port)/feed"
        Console.error(
            """
            No --config given: serving namespace /feed with topic snapshot. Try, in two other terminals:
              streamfence subscribe \(url) snapshot
              streamfence publish \(url) snapshot '{"price":42.5}'
            """
        )
    }
}
