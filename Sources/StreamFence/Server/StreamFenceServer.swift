import Logging
import NIOCore
import NIOPosix
import StreamFenceDelivery
import StreamFenceEngineIO
import StreamFencePluginKit
import StreamFenceSocketIO
import Synchronization

/// A delivery-control server for Socket.IO clients: applications publish, clients subscribe, and per namespace it is
/// decided what happens when a client cannot keep up.
///
/// ```swift
/// var feed = NamespaceConfiguration(path: "/feed", topics: ["snapshot"])
/// feed.overflowAction = .dropOldest
/// let server = try StreamFenceServer(configuration: ServerConfiguration(port: 3000, namespaces: [feed]))
/// try await server.start()
/// try server.publish("/feed", "snapshot", Price(price: 42.5))
/// ```
///
/// All methods may be called from any thread. ``run()`` makes it a `ServiceLifecycle` service.
public final class StreamFenceServer: Sendable {
    /// What the server was made with.
    public let configuration: ServerConfiguration
    let pipelines: [String: NamespacePipeline]
    let logger: Logger
    let eventHub: EventHub
    let memory: MemoryBudget
    let spill: SpillUse
    /// nil without TLS.
    let certificate: CertificateStore?
    /// nil where a principal may have any number of connections.
    let principals: PrincipalConnections?
    private let losses: LossReport
    let metricsDriver: MetricsDriver
    let socketIO: SocketIOServer
    private let phase = Mutex(Phase.new)

    private enum Phase {
        case new, starting, running, stopping, stopped
    }

    /// Builds a server; nothing is bound yet. Where a namespace spills to disk, its folder is made and locked, for as long as
    /// the server exists, and what an earlier run left there is listed: this may block for a moment.
    ///
    /// - Parameters:
    ///   - registry: what the configuration can name; by default what comes with StreamFence.
    ///   - eventLoopGroup: whose loops serve the connections; by default SwiftNIO's shared one.
    /// - Throws: ``ConfigurationError`` with every problem of the configuration, a spill folder that can't be used included.
    public convenience init(
        configuration: ServerConfiguration,
        registry: PluginRegistry = .builtin,
        logger: Logger = Logger(label: "streamfence"),
        eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) throws {
        try self.init(configuration, registry, logger, eventLoopGroup, now: { .sinceEpoch() })
    }

    /// - Parameter now: the wall clock.
    init(
        _ configuration: ServerConfiguration,
        _ registry: PluginRegistry,
        _ logger: Logger,
        _ eventLoopGroup: any EventLoopGroup,
        now: @escaping @Sendable () -> Duration
    ) throws {
        // First: what is built below relies on a valid configuration.
        let problems = configuration.problems(registry: registry)
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
        var logger = logger
        logger[metadataKey: "server"] = "\(configuration.name)"
        self.configuration = configuration
        self.logger = logger
        let eventHub = EventHub(logger: logger)
        self.eventHub = eventHub
        socketIO = SocketIOServer(
            configuration: SocketIOConfiguration(configuration),
            logger: logger,
            eventLoopGroup: eventLoopGroup
        )
        let loops = eventLoopGroup.makeIterator().map { DeliveryLoopBox($0) }
        let memory = MemoryBudget(limit: configuration.maxQueuedBytes ?? ServerConfiguration.defaultMaxQueuedBytes)
        let stores = SpillStores(configuration, registry, logger)
        let validators = TokenValidators(configuration, registry)
        let messageIDs = MessageID.Source()
        let principals = configuration.limits.connectionsPerPrincipal.map { PrincipalConnections(most: $0) }
        var pipelines: [String: NamespacePipeline] = [:]
        var parts = ConfiguredParts(of: configuration.name)
        for (index, namespace) in configuration.namespaces.enumerated() {
            let key = "namespaces[\(index)]"
            let isOwnValidator = namespace.tokenValidator != nil
            let authentication = parts.make(isOwnValidator ? "\(key).tokenValidator" : "tokenValidator") {
                try validators.settings(for: namespace)
            }
            let policy = parts.make("\(key).overflowPolicy") { try registry.overflowPolicy(namespace.overflow) }
            let store = namespace.spillStore == nil ? "spillStore" : "\(key).spillStore"
            let spill = parts.make(store, inFolder: "spillRootPath") { try stores.service(for: namespace) }
            // The others are still looked at where one is missing: all that is wrong is told at once.
            guard let authentication, let policy, let spill else { continue }
            pipelines[namespace.path] = NamespacePipeline(
                configuration: namespace,
                authentication: authentication,
                policy: policy,
                spill: spill,
                memory: memory,
                loops: loops,
                messageIDs: messageIDs,
                events: eventHub,
                logger: logger,
                maxSubscriptions: configuration.limits.subscriptionsPerClient,
                principals: principals,
                now: now
            )
        }
        let certificate = configuration.tls.flatMap { tls in
            parts.make("tls") { try CertificateStore(tls, logger, now: now) }
        }
        let sinks = configuration.metrics.enumerated().compactMap { index, choice in
            parts.make("metrics[\(index)]") { (choice.use, try registry.metricsSink(choice)) }
        }
        try parts.confirm()
        self.pipelines = pipelines
        self.principals = principals
        self.certificate = certificate
        self.memory = memory
        spill = stores.use
        losses = LossReport(pipelines.mapValues(\.allTopics), logger)
        metricsDriver = MetricsDriver(sinks: sinks, interval: configuration.metricsInterval, logger: logger)
        for (path, pipeline) in pipelines { socketIO.register(pipeline, at: path) }
    }

    /// The bound port; nil before the start and after the end. Tells which one it is where the configuration says 0.
    public var port: Int? { socketIO.port }

    /// One of those that serve the connections.
    var anyEventLoop: any EventLoop { socketIO.eventLoopGroup.any() }

    /// How many clients are connected.
    public var clientCount: Int { socketIO.clientCount }

    /// Whether clients are served: the server has been started, and has not begun to stop.
    public var isServing: Bool { phase.withLock { $0 == .running } }

    /// Binds the port and serves clients until ``stop()``.
    ///
    /// - Throws: ``ServerStateError`` if the server was started before, ``ServerBindError`` if the port can't be bound.
    public func start() async throws {
        try move(from: .new, to: .starting)
        let (name, host) = (configuration.name, configuration.host)
        eventHub.emit(.serverStarting(ServerStartingEvent(server: name, host: host, port: configuration.port)))
        do {
            spill.removeLeftovers(logger)
            try await socketIO.bind(host: host, port: configuration.port, secure: certificate?.secure)
        } catch {
            phase.withLock { $0 = .new }
            throw ServerBindError(host: host, port: configuration.port, error)
        }
        phase.withLock { $0 = .running }
        let port = boundPort
        logger.info("started", metadata: ["host": "\(host)", "port": "\(port)"])
        eventHub.emit(.serverStarted(ServerStartedEvent(server: name, host: host, port: port)))
        losses.start(on: anyEventLoop)
        certificate?.watch(on: anyEventLoop)
        metricsDriver.start(on: anyEventLoop, snapshots)
        socketIO.accept()
    }

    /// The bound port; without one, as configured.
    private var boundPort: Int { port ?? configuration.port }

    /// Stops: no new connections, a notice to every client, queued messages delivered within `shutdownDrain`, every
    /// connection closed, the last metrics exported. Listeners are given two more seconds for the events they have not got
    /// yet, and metrics sinks two for the metrics.
    ///
    /// - Throws: ``ServerStateError`` if the server is not running.
    public func stop() async throws {
        try await stop(waitingForListeners: .seconds(2), forSinks: .seconds(2))
    }

    /// - Parameters:
    ///   - time: how long listeners may take for the events they have not got yet.
    ///   - timeOfSinks: how long metrics sinks may take for the last metrics.
    func stop(waitingForListeners time: Duration, forSinks timeOfSinks: Duration = .seconds(2)) async throws {
        try move(from: .running, to: .stopping)
        let (name, host, port) = (configuration.name, configuration.host, boundPort)
        logger.notice(
            "stopping",
            metadata: ["clients": "\(clientCount)", "shutdownDrainMs": "\(configuration.shutdownDrain.inMilliseconds)"]
        )
        eventHub.emit(.serverStopping(ServerStoppingEvent(server: name, host: host, port: port)))
        // Whatever fails on the way, the rest is done and the server has stopped.
        let results = [
            await result { try await self.socketIO.stopListening() },
            await result { await self.drain() },
            await result { try await self.socketIO.shutDown() },
            await result { try await self.finishTicks() },
            await result { await self.clearStores() },
            await result { await self.exportLastMetrics(within: timeOfSinks) },
        ]
        phase.withLock { $0 = .stopped }
        losses.stop()
        certificate?.stopWatching()
        logCounts()
        logger.notice("stopped")
        eventHub.emit(.serverStopped(ServerStoppedEvent(server: name, host: host, port: port)))
        await eventHub.finish(within: time, on: anyEventLoop)
        for result in results { try result.get() }
    }

    /// Reads the certificate and its key again: what the server does by itself within two seconds of their change. New
    /// connections get the new one; those that exist keep theirs. Does nothing without ``ServerConfiguration/tls``.
    ///
    /// - Throws: ``CertificateError``; the certificate before stays in use then.
    public func reloadCertificate() async throws {
        guard let certificate else { return }
        try await NIOThreadPool.singleton.runIfActive { try certificate.reload() }
    }

    private func result(of step: () async throws -> Void) async -> Result<Void, any Error> {
        do {
            return .success(try await step())
        } catch {
            return .failure(error)
        }
    }

    /// Waits until nothing is queued for any client, at most `shutdownDrain`.
    private func drain() async {
        let eventLoop = anyEventLoop
        let time = configuration.shutdownDrain
        let drained = pipelines.values.map { $0.drain(within: time, on: eventLoop) }
        if await !eventLoop.waitForAll(drained, within: time) {
            // Queued, unacknowledged, or spilled.
            let topics = pipelines.values.flatMap(\.allTopics)
            let messages = topics.reduce(0) { $0 + $1.sum { $0[.memory] } + $1.sum { $0[.store] } }
            logger.warning(
                "stopping with messages unfinished",
                metadata: ["messages": "\(messages)", "shutdownDrainMs": "\(time.inMilliseconds)"]
            )
        }
    }

    /// Every client has left: waits until the spill stores are rid of their messages.
    private func clearStores() async {
        let eventLoop = anyEventLoop
        if await !eventLoop.waitForAll(spill.whenIdle(on: eventLoop), within: .seconds(5)) {
            logger.warning("stopping with messages left in the spill store; the next start removes them")
        }
    }

    /// What sinks are handed; it does not keep the server alive.
    private var snapshots: @Sendable () -> MetricsSnapshot {
        { [weak self] in self?.metrics() ?? MetricsSnapshot(samples: []) }
    }

    /// Nothing is counted any more: the last snapshot says what became of everything.
    private func exportLastMetrics(within time: Duration) async {
        let eventLoop = anyEventLoop
        if await !eventLoop.waitForAll(metricsDriver.finish(on: eventLoop, snapshots), within: time) {
            logger.warning("stopping while a metrics sink is still busy; it misses the last metrics")
        }
        metricsDriver.stop()
    }

    /// The last session is known to have ended before its namespaces have been told: they have when its loop's tick is over.
    private func finishTicks() async throws {
        for eventLoop in socketIO.eventLoopGroup.makeIterator() { try await eventLoop.submit {}.get() }
    }

    private func move(from expected: Phase, to next: Phase) throws(ServerStateError) {
        let found = phase.withLock { phase -> Phase in
            defer { if phase == expected { phase = next } }
            return phase
        }
        guard found == expected else { throw ServerStateError(expected: "\(expected)", found: "\(found)") }
    }
}

/// A server was started or stopped in a state that does not allow it.
public struct ServerStateError: Error, Sendable, CustomStringConvertible {
    /// The state the call is made for, such as `running`.
    public let expected: String
    /// The state the server was in.
    public let found: String

    /// What was expected and what was found.
    public var description: String { "expected a server that is \(expected), found one that is \(found)" }
}
