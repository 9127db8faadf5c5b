import NIOCore
import StreamFenceEngineIO
import StreamFenceSocketIO

extension SocketIOConfiguration {
    /// What a server's configuration means for the protocol.
    init(_ configuration: ServerConfiguration) {
        self.init()
        connectTimeout = TimeAmount(configuration.connectTimeout)
        engine.requestTimeout = TimeAmount(configuration.requestTimeout)
        engine.upgradeTimeout = TimeAmount(configuration.upgradeTimeout)
        engine.idleTimeout = TimeAmount(configuration.idleTimeout)
        engine.maxPacketsPerPoll = configuration.maxPacketsPerPoll
        engine.speaksTLS = configuration.transport == .wss
        engine.pingInterval = TimeAmount(configuration.pingInterval)
        engine.pingTimeout = TimeAmount(configuration.pingTimeout)
        engine.maxPayload = configuration.maxPayload
        let limits = configuration.limits
        maxConnections = limits.connections ?? LimitsConfiguration.defaultConnections
        engine.maxSessionsPerAddress = limits.connectionsPerAddress
        maxNamespacesPerConnection = limits.namespacesPerConnection
        engine.maxHeaderBytes = limits.headerBytes
        engine.maxHeaders = limits.headers
        engine.maxFramesPerMessage = limits.framesPerMessage
        maxAttachments = limits.attachmentsPerPacket
        maxJSONDepth = limits.jsonDepth
        inboundMessagesPerSecond = limits.inboundMessagesPerSecond
        inboundBytesPerSecond = limits.inboundBytesPerSecond
        engine.allowedOrigins = Set(configuration.cors.origins)
        engine.trustedProxies = configuration.trustedProxies.compactMap { AddressRange($0) }
        engine.transports = configuration.engineIOTransport == .webSocketOnly ? .webSocket : .all
    }
}
