import ArgumentParser
import Foundation
import Logging
import NIOCore
import StreamFenceEngineIO
import StreamFenceSocketIO

/// The server that the official protocol suites are run against: an Engine.IO echo on `/engine.io/`, and on `/socket.io/`
/// what the Socket.IO suite expects, on one port.
@main
struct ConformanceServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conformance-server",
        abstract: "Serve the official Engine.IO and Socket.IO protocol test suites."
    )

    @Option(help: "The port to listen on; 0 asks the system for a free one.")
    var port = 3000

    @Option(help: "Time between heartbeats, in milliseconds.")
    var pingInterval: Int64 = 300

    @Option(help: "Time to answer a heartbeat, in milliseconds.")
    var pingTimeout: Int64 = 200

    @Option(help: "Time to join a namespace, in milliseconds.")
    var connectTimeout: Int64 = 1000

    func run() async throws {
        var logger = Logger(label: "conformance-server")
        logger.logLevel = .error

        var engine = EngineIOConfiguration()
        engine.pingInterval = .milliseconds(pingInterval)
        engine.pingTimeout = .milliseconds(pingTimeout)
        var echo = engine
        echo.path = "/engine.io/"
        let echoServer = EngineIOServer(configuration: echo, logger: logger) { _ in Echo() }

        var configuration = SocketIOConfiguration()
        configuration.engine = engine
        configuration.connectTimeout = .milliseconds(connectTimeout)
        let server = SocketIOServer(configuration: configuration, logger: logger)
        answer(server.of("/"))
        answer(server.of("/custom"))

        try await server.start(port: port, alongside: [echoServer])
        say("listening http://127.0.0.1:\(server.port ?? port)")
        try await Task.sleep(for: .seconds(86_400 * 365))
    }

    /// The behaviour the Socket.IO suite is written against.
    private func answer(_ namespace: SocketIONamespace) {
        namespace.onConnect { socket in
            socket.emit("auth", SocketPayload(socket.auth.map { .json($0) } ?? [:]))
        }
        namespace.on("message") { socket, event in
            socket.emit("message-back", event.payload)
        }
        namespace.on("message-with-ack") { _, event in
            event.acknowledge(event.payload)
        }
    }
}

/// Sends every message back.
private final class Echo: EngineIOSessionDelegate {
    func session(_ session: EngineIOSession, received message: EngineMessage) {
        session.send(EncodedMessage(.message(message)))
    }

    func sessionBecameWritable(_ session: EngineIOSession) {}

    func session(_ session: EngineIOSession, closed reason: EngineIOCloseReason) {}
}

/// Prints a line at once, also into a pipe.
private func say(_ line: String) {
    print(line)
    fflush(nil)
}
