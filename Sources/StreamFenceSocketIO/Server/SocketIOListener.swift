import NIOCore
import NIOPosix
import StreamFenceEngineIO

/// A bound port that serves one or several Engine.IO servers, told apart by their paths.
struct SocketIOListener: Sendable {
    private let channel: any Channel
    private let connections: OpenConnections
    private let engines: [EngineIOServer]

    /// How long connections may take to close by themselves: clients are given two seconds for the closing handshake.
    private static let patience = TimeAmount.seconds(3)
    /// How many connections may wait to be accepted.
    private static let backlog: Int32 = 4096
    /// `TCP_NOTSENT_LOWAT`: how many unsent bytes the kernel may hold before it calls a connection full. The default
    /// lets megabytes of stale messages pile up where no policy can reach them.
    private static let unsentLowWatermark: SocketOptionValue = 65_536
    #if os(Linux)
    private static let unsentOption = ChannelOptions.Types.SocketOption(level: .tcp, name: .init(rawValue: 25))
    #else
    private static let unsentOption = ChannelOptions.Types.SocketOption(level: .tcp, name: .init(rawValue: 0x201))
    #endif

    /// Binds the port; nobody is served before ``accept()``.
    ///
    /// - Parameters:
    ///   - secure: adds what a new connection has to go through before it speaks HTTP; called on its loop.
    ///   - connections: which every new one joins, or is closed.
    static func bind(
        host: String,
        port: Int,
        engines: [EngineIOServer],
        secure: (@Sendable (any Channel) throws -> Void)?,
        connections: OpenConnections,
        group: any EventLoopGroup
    ) async throws -> SocketIOListener {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.autoRead, value: false)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(unsentOption, value: unsentLowWatermark)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try receive(channel, for: engines, secure: secure, among: connections)
                }
            }
        let channel = try await bootstrap.bind(host: host, port: port).get()
        return SocketIOListener(channel: channel, connections: connections, engines: engines)
    }

    /// Has a new connection join the others, and speak HTTP. On its loop.
    static func receive(
        _ channel: any Channel,
        for engines: [EngineIOServer],
        secure: (@Sendable (any Channel) throws -> Void)?,
        among connections: OpenConnections
    ) throws {
        do throws(TooManyConnections) {
            try connections.add(channel)
        } catch {
            engines.first?.logRejection("connection refused", error)
            throw error
        }
        try secure?(channel)
        try EngineIOServer.configurePipeline(of: channel, for: engines)
    }

    /// The port that is bound.
    var port: Int? { channel.localAddress?.port }

    /// Accepts connections.
    func accept() {
        // Fails only if the port has been closed meanwhile, which is then the last word.
        _ = channel.setOption(.autoRead, value: true)
    }

    /// Accepts no more connections. May be called again.
    func close() async throws {
        guard channel.isActive else { return }
        try await channel.close()
    }

    /// Ends the sessions that exist, then their connections, and returns when the last one has closed.
    func closeConnections() async throws {
        let ended = engines.map { $0.shutDown(on: channel.eventLoop) }
        try await EventLoopFuture.andAllComplete(ended, on: channel.eventLoop).get()
        try await connections.closeAll(patience: Self.patience, on: channel.eventLoop).get()
    }
}
