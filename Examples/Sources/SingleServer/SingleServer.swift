import Foundation
import Logging
import ServiceLifecycle
import StreamFence

/// The quick start: one server, one namespace, a price published every second.
///
/// Stop it with Control-C: clients get what is queued for them first.
@main
struct SingleServer {
    struct Price: Encodable {
        let price: Double
        let number: Int
    }

    static func main() async throws {
        var feed = NamespaceConfiguration(path: "/feed", topics: ["snapshot"])
        feed.deliveryMode = .bestEffort
        feed.overflowAction = .dropOldest
        feed.maxQueuedMessagesPerClient = 128

        let port = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 3000
        let server = try StreamFenceServer(
            configuration: ServerConfiguration(host: "127.0.0.1", port: port, namespaces: [feed])
        )
        try server.onMessage("/feed", "snapshot") { payload, context in
            say("\(context.clientID) published \(payload.json.json)")
        }

        let group = ServiceGroup(
            services: [server, PriceFeed(server: server)],
            gracefulShutdownSignals: [.sigint, .sigterm],
            logger: Logger(label: "single-server")
        )
        try await group.run()
    }

    /// Publishes until the service group stops.
    struct PriceFeed: Service {
        let server: StreamFenceServer

        func run() async throws {
            do {
                try await cancelWhenGracefulShutdown { try await publishEverySecond() }
            } catch is CancellationError {
                print("no more prices")
            }
        }

        private func publishEverySecond() async throws {
            var isAnnounced = false
            for number in 1... {
                try await Task.sleep(for: .seconds(1))
                if !isAnnounced, let port = server.port {
                    say("listening http://127.0.0.1:\(port)")
                    isAnnounced = true
                }
                try server.publish("/feed", "snapshot", Price(price: 42.5, number: number))
            }
        }
    }
}

/// Prints a line at once, also into a pipe.
private func say(_ line: String) {
    print(line)
    fflush(nil)
}
