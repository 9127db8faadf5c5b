import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import StreamFence
import StreamFencePluginKit

/// The HTTP side of a process, on a port of its own, for all its servers together.
///
/// 1. `GET /metrics`: the metrics of all of them, for Prometheus.
/// 2. `GET /healthz` and `GET /readyz`: whether the process is there, and whether its servers take clients.
/// 3. `POST /api/publish` and `POST /api/publish/batch`: messages from programs that speak no Socket.IO; `POST /api/revoke`: cuts
///    off a principal. With a token, where the configuration has one.
///
/// `docs/management.md` has what they take and answer. It is a `ServiceLifecycle` service; in a group that lists it before
/// the servers it outlives them, and tells that they drain.
///
/// ```swift
/// let management = try ManagementServer(configuration: ManagementConfiguration(port: 3080), servers: [feed, control])
/// try await ServiceGroup(services: [management, feed, control], logger: logger).run()
/// ```
public struct ManagementServer: Service {
    /// What the server was made with.
    public let configuration: ManagementConfiguration
    private let servers: [StreamFenceServer]
    private let otherMetrics: @Sendable () -> [MetricSample]
    private let sink: any MetricsSink
    private let logger: Logger
    private let eventLoopGroup: any EventLoopGroup
    private let onListening: @Sendable (Int) async -> Void

    /// How long a request may take, from its head until it is read and answered.
    var requestTime = TimeAmount.seconds(60)

    /// How long a connection may be without a request.
    private static let idleTime = TimeAmount.seconds(60)
    /// The most bytes a call may bring.
    private static let maxBody = 8 << 20
    /// The most bytes that calls may hold in memory together.
    private static let maxHeld = 64 << 20
    /// The most connections at a time; more wait to be accepted. Many more than are of use: slow ones must not keep out others.
    private static let maxConnections = 1024

    /// Builds it; nothing is bound yet.
    ///
    /// - Parameters:
    ///   - servers: those to show and to publish on.
    ///   - registry: whose sink `prometheus` renders; by default the one that comes with StreamFence.
    ///   - otherMetrics: called for metrics of the process that are no server's, such as those of loaded plugins; on a thread
    ///     that may block.
    ///   - eventLoopGroup: whose loops serve it; by default SwiftNIO's shared one.
    ///   - onListening: called with the bound port.
    /// - Throws: `ConfigurationError` with every problem of the configuration.
    public init(
        configuration: ManagementConfiguration,
        servers: [StreamFenceServer],
        registry: PluginRegistry = .builtin,
        otherMetrics: @escaping @Sendable () -> [MetricSample] = { [] },
        logger: Logger = Logger(label: "streamfence"),
        eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) throws {
        let problems = configuration.problems()
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
        self.configuration = configuration
        self.servers = servers
        self.otherMetrics = otherMetrics
        sink = try registry.metricsSink(PluginChoice(use: "prometheus"))
        var logger = logger
        logger[metadataKey: "server"] = "management"
        self.logger = logger
        self.eventLoopGroup = eventLoopGroup
        self.onListening = onListening
    }

    /// Binds the port and serves it until the service group asks for a graceful shutdown, or the task is cancelled.
    ///
    /// - Throws: what the system says if the port can't be bound.
    public func run() async throws {
        // One of its own: a sink may block it, and of the process's common ones it would take spill stores theirs.
        let sinkThread = NIOThreadPool(numberOfThreads: 1)
        sinkThread.start()
        defer { sinkThread.shutdownGracefully { _ in } }
        let connections = HTTP1Channel.Configuration(
            additionalChannelHandlers: [RequestDeadline(requestTime, logger)],
            idleTimeout: Self.idleTime
        )
        let application = Application(
            router: router(sinkThread),
            server: .http1(configuration: connections),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port),
                availableConnectionsDelegate: MaximumAvailableConnections(Self.maxConnections, logger: logger)
            ),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? configuration.port) },
            eventLoopGroupProvider: .shared(eventLoopGroup),
            logger: logger
        )
        try await application.run()
    }

    private func router(_ sinkThread: NIOThreadPool) -> Router<BasicRequestContext> {
        let router = Router(context: BasicRequestContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: ErrorAnswers())
        if configuration.token == nil { router.add(middleware: LocalHost()) }
        router.get("metrics") { _, _ in
            let text = try await sinkThread.runIfActive {
                let others = MetricsSnapshot(samples: otherMetrics())
                let snapshot = MetricsSnapshot(joining: servers.map { $0.metrics() } + [others])
                return try sink.render(snapshot) ?? ""
            }
            return Response(text: text, contentType: MetricsSnapshot.prometheusContentType)
        }
        router.get("healthz") { _, _ in Response(text: "ok\n") }
        router.get("readyz") { _, _ in
            let waiting = servers.filter { !$0.isServing }.map(\.configuration.name)
            guard !waiting.isEmpty else { return Response(text: "ready\n") }
            let names = waiting.joined(separator: ", ")
            return Response(status: .serviceUnavailable, text: "starting or stopping: \(names)\n")
        }
        let api = router.group("api")
        api.add(middleware: SameOrigin())
        if let token = configuration.token { api.add(middleware: BearerToken(token)) }
        let publisher = Publisher(servers: servers)
        let bodies = BodyCollector(maxBody: Self.maxBody, maxHeld: Self.maxHeld)
        api.post("publish") { request, _ in
            try await bodies.collect(request) { publisher.publish($0).response }
        }
        api.post("publish/batch") { request, _ in
            try await bodies.collect(request) { APIAnswer.response(try publisher.publishBatch($0)) }
        }
        let revoker = Revoker(servers: servers)
        api.post("revoke") { request, _ in
            try await bodies.collect(request) { await revoker.revoke($0).response }
        }
        return router
    }
}
