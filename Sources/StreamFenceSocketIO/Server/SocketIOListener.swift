import NIOCore
import NIOPosix
import StreamFenceEngineIO

/// A bound port that serves one or several Engine.IO servers, told apart by their paths.
struct SocketIOListener: Sendable {
    let channel: any Channel

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

    static func bind(
        host: String,
        port: Int,
        engines: [EngineIOServer],
        group: any EventLoopGroup
    ) async throws -> SocketIOListener {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(unsentOption, value: unsentLowWatermark)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try EngineIOServer.configurePipeline(of: channel, for: engines)
                }
            }
        return SocketIOListener(channel: try await bootstrap.bind(host: host, port: port).get())
    }

    /// The port that is bound.
    var port: Int? { channel.localAddress?.port }

    func close() async throws {
        try await channel.close()
    }
}
