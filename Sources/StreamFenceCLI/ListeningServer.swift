import ServiceLifecycle
import StreamFence

/// A server as `serve` runs it: says where it listens once it does.
struct ListeningServer: Service {
    private let server: StreamFenceServer

    /// Called with the port once clients can connect.
    private let onListening: @Sendable (Int) -> Void

    init(_ server: StreamFenceServer, onListening: @escaping @Sendable (Int) -> Void) {
        self.server = server
        self.onListening = onListening
    }

    func run() async throws {
        do {
            try await server.start()
        } catch let error as ServerBindError {
            let hint = "choose another port in the configuration or with --port"
            throw BindFailure(description: "\(server.configuration.name): \(error); \(hint)")
        }
        let port = server.port ?? server.configuration.port
        address(port: port).announce()
        onListening(port)
        do {
            try await gracefulShutdown()
        } catch is CancellationError {
            // Another server of the process has failed: this one stops in good order all the same.
        }
        try await server.stop()
    }

    private func address(port: Int) -> ListeningAddress {
        let configuration = server.configuration
        return ListeningAddress(
            name: configuration.name,
            host: configuration.host,
            port: port,
            isSecure: configuration.transport == .wss
        )
    }
}
