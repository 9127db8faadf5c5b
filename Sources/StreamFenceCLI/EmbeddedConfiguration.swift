import StreamFence

/// What `serve` runs when no file is given: one namespace of each delivery mode, to try them with.
enum EmbeddedConfiguration {
    static let name = "default"

    static func servers() -> [ServerConfiguration] {
        [ServerConfiguration(name: name, host: "127.0.0.1", port: 3000, namespaces: [feed, alerts])]
    }

    private static var feed: NamespaceConfiguration {
        var feed = NamespaceConfiguration(path: "/feed", topics: ["snapshot"])
        feed.overflowAction = .dropOldest
        return feed
    }

    /// Slow enough for a person to watch a message being sent again, quick enough to see it given up.
    private static var alerts: NamespaceConfiguration {
        var alerts = NamespaceConfiguration(path: "/alerts", topics: ["alerts"])
        alerts.deliveryMode = .atLeastOnce
        alerts.overflowAction = .rejectNew
        alerts.ackTimeout = .seconds(2)
        alerts.maxRetries = 3
        alerts.maxInFlight = 8
        return alerts
    }

    static func sayWhatToTry(port: Int) {
        let url = "http://127.0.0.1:\(port)"
        Console.error(
            """
            No --config given: serving /feed (topic snapshot, BEST_EFFORT) and /alerts (topic alerts, AT_LEAST_ONCE).
            Try, in two other terminals:
              streamfence subscribe \(url)/feed snapshot
              streamfence publish \(url)/feed snapshot '{"price":42.5}'
            And, for messages that are sent again until they are acknowledged (leave --ack out to see that):
              streamfence subscribe \(url)/alerts alerts --ack
              streamfence publish \(url)/alerts alerts '{"text":"disk full"}'
            """
        )
    }
}
