import Logging
import NIOEmbedded
import StreamFenceEngineIO
import StreamFenceSocketIO

/// The server that is fuzzed: limits so low that an input reaches them, and otherwise every default.
enum HTTPToEventServer {
    static let maxPayload = 4096
    static let maxBufferedBytes = 16_384
    static let maxAuthBytes = 64
    static let maxNamespaces = 3
    private static let maxAttachments = 4

    static let packetLimits = SocketPacketDecoder.Limits(maxAttachments: maxAttachments, maxPayloadBytes: maxPayload)

    /// How one side reads frames: a server holds its limit for a message, a client takes what comes.
    static func frames(_ role: WebSocketFrameDecoder.Role) -> FrameSettings {
        var settings = FrameSettings(role: role)
        // The type digit of a packet is not part of its payload.
        if role == .server { settings.maxMessageBytes = maxPayload + 1 }
        return settings
    }

    private static let paths = ["/", "/chat"]

    /// Whether a client may join it.
    static func hasNamespace(_ path: String) -> Bool {
        paths.contains(path) || path.hasPrefix("/room-")
    }

    static func make(_ log: EventLog, on loop: EmbeddedEventLoop) -> SocketIOServer {
        var configuration = SocketIOConfiguration()
        configuration.engine.maxPayload = maxPayload
        configuration.engine.maxBufferedBytes = maxBufferedBytes
        configuration.engine.highWaterMark = maxPayload
        configuration.maxAuthBytes = maxAuthBytes
        configuration.maxNamespacesPerConnection = maxNamespaces
        configuration.maxAttachments = maxAttachments
        let silent = Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }
        let server = SocketIOServer(configuration: configuration, logger: silent, eventLoopGroup: loop)
        for path in paths { log.watch(server.of(path), maxPayload: maxPayload) }
        server.of(matching: { $0.hasPrefix("/room-") }, setUp: { log.watch(room: $0, maxPayload: maxPayload) })
        return server
    }
}
