import ArgumentParser
import Logging
import NIOPosix
import ServiceLifecycle
import StreamFence
import StreamFenceHosting

/// `streamfence serve`: runs the servers of a configuration file until it is told to stop.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the servers of a configuration file until SIGTERM or SIGINT, then drain and stop.",
        discussion: """
            Without --config it serves /feed (topic snapshot, BEST_EFFORT) and /alerts (topic alerts, AT_LEAST_ONCE) on \
            127.0.0.1:3000, to try things with, and its management port is 127.0.0.1:3080. Once a server accepts clients, one \
            line goes to standard output: listening NAME URL; the management port's NAME is management. The log goes to \
            standard error. A second signal stops it at once. SIGHUP has certificates read again; where there \
            are none, it stops the servers as SIGTERM does.
            """
    )

    @Option(help: ArgumentHelp("The configuration file: .yaml, .yml or .json.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("Run only this server of the file; may be given several times.", valueName: "name"))
    var server: [String] = []

    @Option(
        help: """
            Listen on this port instead of the configured one; 0 asks the system for a free one, and without --config for \
            a free one as management port too.
            """
    )
    var port: Int?

    @Option(help: "Log from this level on: trace, debug, info, notice, warning, error or critical.")
    var logLevel: Logger.Level = .notice

    func run() async throws {
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        var logger = Logger(label: "streamfence")
        logger.logLevel = logLevel
        let process = try load(logger)
        OpenFiles.raiseLimit()
        let configurations = sharingConnections(try chosen(of: process))
        let impatience = Task { await SecondSignal.stopAtOnce() }
        defer { impatience.cancel() }
        try await serve(configurations, process, logger)
        await PluginCleanup.run()
    }

    private func serve(
        _ configurations: [ServerConfiguration],
        _ process: Setup,
        _ logger: Logger
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: Processors.available)
        let isEmbedded = config == nil
        let servers = try build(configurations, process, logger, group)
        let hangUp = await HangUp.obey(for: servers)
        defer { hangUp?.cancel() }
        var services: [any Service] = servers.map { server in
            ListeningServer(server) { port in
                if isEmbedded { EmbeddedConfiguration.sayWhatToTry(port: port) }
            }
        }
        if let management = process.management {
            let management = try ListeningManagement(
                management,
                servers,
                process.plugins,
                logger,
                group,
                isOptional: isEmbedded
            ) { address in
                if isEmbedded { EmbeddedConfiguration.sayWhatToTry(management: address.url) }
            }
            // The first is the last to be stopped: it tells that the others drain.
            services.insert(management, at: 0)
        }
        var running = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) },
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        // Draining is bounded by each server; this is for whatever else may hang.
        let drain = configurations.map(\.shutdownDrain).max() ?? .zero
        running.maximumGracefulShutdownDuration = drain + .seconds(10)
        do {
            try await ServiceGroup(configuration: running).run()
        } catch let error as BindFailure {
            throw Failure.running(error.description)
        }
    }

    /// Makes all servers, or fails with the problems of all of them, before any says that it listens.
    private func build(
        _ configurations: [ServerConfiguration],
        _ process: Setup,
        _ logger: Logger,
        _ group: MultiThreadedEventLoopGroup
    ) throws -> [StreamFenceServer] {
        var servers: [StreamFenceServer] = []
        var problems: [ConfigurationProblem] = []
        for configuration in configurations {
            do {
                servers.append(
                    try StreamFenceServer(
                        configuration: configuration,
                        registry: process.plugins.registry,
                        logger: logger,
                        eventLoopGroup: group
                    )
                )
            } catch let error as ConfigurationError {
                problems += error.problems
            }
        }
        // The embedded management port gives way by itself.
        problems += portClashes(configurations, config == nil ? nil : process.management)
        guard problems.isEmpty else { throw process.failure(problems) }
        return servers
    }

    /// What a process runs.
    private struct Setup {
        let servers: [ServerConfiguration]
        let management: ManagementConfiguration?
        let plugins: LoadedPlugins
        /// Where it stands, if anywhere.
        var file: ConfigurationFile?

        /// What shows only when the servers are made.
        func failure(_ problems: [ConfigurationProblem]) -> ExitCode {
            guard let file else { return Failure.configuration(ConfigurationError(problems: problems).description) }
            return Failure.configuration(file.error(problems).description)
        }
    }

    /// What the file says, or what is embedded.
    private func load(_ logger: Logger) throws -> Setup {
        if let config {
            let file = try loadConfiguration(config, logger)
            return Setup(servers: file.servers, management: file.management, plugins: file.loaded, file: file)
        }
        do {
            return Setup(
                servers: EmbeddedConfiguration.servers(),
                management: EmbeddedConfiguration.management(port: port),
                plugins: try PluginLoader.ofThisExecutable(logger).load(PluginsConfiguration())
            )
        } catch {
            throw Failure.configuration(error.description)
        }
    }

    /// The servers to run, with what the command line changes.
    private func chosen(of process: Setup) throws -> [ServerConfiguration] {
        var chosen = try process.servers.named(server)
        if let port {
            guard chosen.count == 1 else {
                throw ValidationError("--port is for one server, found \(chosen.count); choose one with --server")
            }
            guard (0...65_535).contains(port) else {
                throw ValidationError("--port: expected 0 to 65535, found \(port)")
            }
            chosen[0].port = port
        }
        return chosen
    }

    /// They share the files that this process may have open, but for those that say themselves how many connections they take.
    private func sharingConnections(_ servers: [ServerConfiguration]) -> [ServerConfiguration] {
        let share = max(1, LimitsConfiguration.defaultConnections / max(1, servers.count))
        return servers.map { server in
            var server = server
            if server.limits.connections == nil { server.limits.connections = share }
            return server
        }
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}

/// Loads a configuration file and its plugins, or fails with exit code 78 and every problem on a line of its own.
func loadConfiguration(_ path: String, _ logger: Logger) throws -> ConfigurationFile {
    do {
        return try ConfigurationFile.load(path, loader: .ofThisExecutable(logger))
    } catch {
        throw Failure.configuration(error.description)
    }
}

extension [ServerConfiguration] {
    /// Those that were asked for; all where none was.
    func named(_ names: [String]) throws -> [ServerConfiguration] {
        for name in names where !contains(where: { $0.name == name }) {
            let found = map(\.name).joined(separator: ", ")
            throw ValidationError("--server: expected one of \(found), found \(name)")
        }
        return names.isEmpty ? self : filter { names.contains($0.name) }
    }
}
