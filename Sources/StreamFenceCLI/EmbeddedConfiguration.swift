import StreamFence
import StreamFenceHosting

/// What `serve` runs when no file is given: one namespace of each delivery mode, to try them with.
enum EmbeddedConfiguration {
    static let name = "default"

    static func servers() -> [ServerConfiguration] {
        [ServerConfiguration(name: name, host: "127.0.0.1", port: 3000, namespaces: [feed, alerts])]
    }

    /// - Parameter port: what `--port` says. Who wants a free one wants no other either that may be taken.
    static func management(port: Int?) -> ManagementConfiguration {
        ManagementConfiguration(port: port == 0 ? 0 : 3080)
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

    static func sayWhatToTry(management url: String) {
        Console.error(
            """
            Metrics, and a way to publish without Socket.IO:
              curl \(url)/metrics
              curl \(url)/api/publish -d '{"namespace":"/feed","topic":"snapshot","payload":{"price":42.5}}'
            """
        )
    }

    static func sayWhatToTry(port: Int) {
        let url = "http://127.0.0.1:\(port)"
        // As it was called: it may be on nobody's PATH.
        let streamfence = CommandLine.arguments.first ?? "streamfence"
        Console.error(
            """
            No --config given: serving /feed (topic snapshot, BEST_EFFORT) and /alerts (topic alerts, AT_LEAST_ONCE).
            Try, in two other terminals:
              \(streamfence) subscribe \(url)/feed snapshot
              \(streamfence) publish \(url)/feed snapshot '{"price":42.5}'
            And, for messages that are sent again until they are acknowledged (leave --ack out to see that):
              \(streamfence) subscribe \(url)/alerts alerts --ack
              \(streamfence) publish \(url)/alerts alerts '{"text":"disk full"}'
            """
        )
    }
}
