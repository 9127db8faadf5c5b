import Foundation
import Logging
import ServiceLifecycle
import StreamFence

/// One server, three namespaces, each with its own answer to a client that cannot keep up:
///
/// - `/prices`, topic `price`: old prices make room for new ones.
/// - `/portfolio`, topic `portfolio`: each message tells everything, so only the newest is worth waiting for.
/// - `/alerts`, topic `alert`: sent again until the client acknowledges it.
///
/// What did not reach a client is printed.
@main
struct MultiNamespace {
    static func main() async throws {
        let port = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 3000
        let server = try StreamFenceServer(
            configuration: ServerConfiguration(host: "127.0.0.1", port: port, namespaces: [prices, portfolio, alerts])
        )
        server.addListener(Watch())

        let group = ServiceGroup(
            services: [server, Market(server: server)],
            gracefulShutdownSignals: [.sigint, .sigterm],
            logger: Logger(label: "multi-namespace")
        )
        try await group.run()
    }

    static var prices: NamespaceConfiguration {
        var prices = NamespaceConfiguration(path: "/prices", topics: ["price"])
        prices.overflowAction = .dropOldest
        prices.maxQueuedMessagesPerClient = 32
        return prices
    }

    static var portfolio: NamespaceConfiguration {
        var portfolio = NamespaceConfiguration(path: "/portfolio", topics: ["portfolio"])
        portfolio.overflowAction = .snapshotOnly
        portfolio.maxQueuedMessagesPerClient = 1
        return portfolio
    }

    static var alerts: NamespaceConfiguration {
        var alerts = NamespaceConfiguration(path: "/alerts", topics: ["alert"])
        alerts.deliveryMode = .atLeastOnce
        alerts.overflowAction = .rejectNew
        alerts.ackTimeout = .milliseconds(500)
        alerts.maxRetries = 2
        alerts.maxInFlight = 4
        return alerts
    }
}

/// Prints where clients connect to, and what did not reach one of them.
struct Watch: ServerEventListener {
    func onServerStarted(_ event: ServerStartedEvent) {
        say("listening http://\(event.host):\(event.port)")
    }

    func onQueueOverflow(_ event: QueueOverflowEvent) {
        say("overflow: \(event.namespace) \(event.topic) of client \(event.clientID): \(event.reason.rawValue)")
    }

    func onRetryExhausted(_ event: RetryExhaustedEvent) {
        say("given up: \(event.messageID) for client \(event.clientID) after \(event.retryCount) retries")
    }
}

/// Prints a line at once, also into a pipe.
func say(_ line: String) {
    print(line)
    fflush(nil)
}
