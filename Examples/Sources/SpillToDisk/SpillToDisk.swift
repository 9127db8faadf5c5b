import Foundation
import Logging
import ServiceLifecycle
import StreamFence

/// A client that pauses finds everything in order when it goes on: what has no room in memory waits on disk.
///
/// Each client that subscribes to `reading` in `/feed` gets 5,000 readings at once, 10 MB. Memory holds 64 of them for it. To
/// see one pause for ten seconds and catch up:
///
///     streamfence subscribe http://127.0.0.1:3000/feed reading | (sleep 10; cat)
///
/// Arguments: the port, and the folder to spill to; by default a temporary one, which is removed at the end.
@main
struct SpillToDisk {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        let temporary = FileManager.default.temporaryDirectory.appendingPathComponent("streamfence-\(UUID())")
        let folder = arguments.dropFirst().first ?? temporary.path
        defer { try? FileManager.default.removeItem(at: temporary) }

        var feed = NamespaceConfiguration(path: "/feed", topics: ["reading"])
        feed.overflowAction = .spillToDisk
        feed.maxQueuedMessagesPerClient = 64

        let port = arguments.first.flatMap { Int($0) } ?? 3000
        var configuration = ServerConfiguration(host: "127.0.0.1", port: port, namespaces: [feed])
        configuration.spillRootPath = folder
        configuration.shutdownDrain = .seconds(1)
        let server = try StreamFenceServer(configuration: configuration)
        server.addListener(Readings(server: server))

        let group = ServiceGroup(
            services: [server, Progress(server: server)],
            gracefulShutdownSignals: [.sigint, .sigterm],
            logger: Logger(label: "spill-to-disk")
        )
        try await group.run()
    }
}

/// Publishes to whoever subscribes.
struct Readings: ServerEventListener {
    struct Reading: Encodable {
        let number: Int
        let text: String
    }

    let server: StreamFenceServer

    func onServerStarted(_ event: ServerStartedEvent) {
        say("listening http://\(event.host):\(event.port)")
    }

    func onSubscribed(_ event: SubscribedEvent) throws {
        let text = String(repeating: "x", count: 2000)
        for number in 0..<5000 {
            try server.publishTo(event.namespace, event.clientID, event.topic, Reading(number: number, text: text))
        }
        say("published 5000 readings to client \(event.clientID)")
    }
}

/// Prints where the readings are, whenever that has changed.
struct Progress: Service {
    let server: StreamFenceServer

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown { try await watch() }
        } catch is CancellationError {
            // The server stops too.
        }
    }

    private func watch() async throws {
        var last = ""
        while true {
            let counts = try server.deliveryCounts("/feed", "reading")
            let onDisk = server.metrics().samples.first { $0.name == "streamfence_spilled_bytes" }?.number ?? 0
            let line = "delivered \(counts.delivered), rejected \(counts.rejected), on disk \(Int(onDisk)) bytes"
            if line != last { say(line) }
            last = line
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}

/// Prints a line at once, also into a pipe.
func say(_ line: String) {
    print(line)
    fflush(nil)
}
