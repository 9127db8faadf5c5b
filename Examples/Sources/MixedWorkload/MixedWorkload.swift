import Foundation
import Logging
import ServiceLifecycle
import StreamFence
import StreamFenceHosting

/// Two servers from one file, `mixed-workload.yaml`, which says how to make the certificate that they need:
///
/// - `feed`, BEST_EFFORT: 100 snapshots a second, 1 MB. A client that pauses loses the oldest ones.
/// - `control`, AT_LEAST_ONCE: a command a second, sent again until the client acknowledges it.
///
/// In the folder `Examples`:
///
///     READER_TOKEN=r OPERATOR_TOKEN=o swift run mixed-workload
///     streamfence subscribe https://localhost:3000/feed snapshot --token r --ca server.pem | (sleep 10; cat)
///     streamfence subscribe https://localhost:3001/control command --token o --ca server.pem --ack
///
/// What the paused client of the feed loses, and what the other one acknowledges, is printed as it happens. Argument: the
/// file, by default the one beside this source.
@main
struct MixedWorkload {
    static func main() async throws {
        let path = CommandLine.arguments.dropFirst().first ?? "Sources/MixedWorkload/mixed-workload.yaml"
        do {
            let feed = try server("feed", of: path)
            let control = try server("control", of: path)
            let workloads: [any Service] = [Feed(server: feed), Control(server: control)]
            try await run([feed, control] + workloads + [Ledger(feed: feed, control: control)])
        } catch let error where error is ConfigurationFileError || error is ConfigurationError {
            // No certificate yet, or no tokens.
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            exit(78)
        }
    }

    private static func server(_ name: String, of file: String) throws -> StreamFenceServer {
        let server = try StreamFenceServer(configuration: ServerConfiguration.load(file, server: name))
        server.addListener(Announcement(name: name))
        return server
    }

    private static func run(_ services: [any Service]) async throws {
        let group = ServiceGroup(
            services: services,
            gracefulShutdownSignals: [.sigint, .sigterm],
            logger: Logger(label: "mixed-workload")
        )
        try await group.run()
    }
}

/// Prints where clients connect to.
struct Announcement: ServerEventListener {
    let name: String

    func onServerStarted(_ event: ServerStartedEvent) {
        say("listening \(name) https://\(event.host):\(event.port)")
    }
}

/// Prints a line at once, also into a pipe.
func say(_ line: String) {
    print(line)
    fflush(nil)
}
