import Logging
import NIOCore
import ServiceLifecycle
import StreamFence
import StreamFenceHosting
import StreamFenceManagement
import Synchronization

/// The management port as `serve` runs it: says where it listens once it does.
struct ListeningManagement: Service {
    private let management: ManagementServer
    private let bound: Bound
    private let isOptional: Bool

    /// Remembers that the port was bound, for who finds out later that it ended.
    private final class Bound: Sendable {
        private let isSet = Atomic(false)

        var value: Bool { isSet.load(ordering: .acquiring) }
        func set() { isSet.store(true, ordering: .releasing) }
    }

    /// - Parameters:
    ///   - isOptional: nobody asked for it: a port that is taken is told, and the servers go on without it.
    ///   - onListening: called with where it listens.
    init(
        _ configuration: ManagementConfiguration,
        _ servers: [StreamFenceServer],
        _ plugins: LoadedPlugins,
        _ logger: Logger,
        _ group: any EventLoopGroup,
        isOptional: Bool,
        onListening: @escaping @Sendable (ListeningAddress) -> Void
    ) throws {
        let bound = Bound()
        self.bound = bound
        self.isOptional = isOptional
        management = try ManagementServer(
            configuration: configuration,
            servers: servers,
            registry: plugins.registry,
            otherMetrics: { plugins.metrics() },
            logger: logger,
            eventLoopGroup: group
        ) { port in
            bound.set()
            let address = ListeningAddress(name: "management", host: configuration.host, port: port)
            address.announce()
            onListening(address)
        }
    }

    func run() async throws {
        do {
            try await management.run()
        } catch is CancellationError {
            // A server of the process has failed: that is what is told.
        } catch  where !bound.value {
            let (host, port) = (management.configuration.host, management.configuration.port)
            let failure = ListeningAddress(name: "management", host: host, port: port).failure(error)
            guard isOptional else {
                throw BindFailure(description: "\(failure); choose another port in the configuration")
            }
            Console.error("\(failure); going on without it")
            // Ending here would end the servers.
            try? await gracefulShutdown()
        }
    }
}
