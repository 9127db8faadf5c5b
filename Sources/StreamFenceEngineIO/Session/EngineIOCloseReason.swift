/// Why a session ended.
public enum EngineIOCloseReason: String, Sendable, CaseIterable {
    /// The client sent a close packet or a websocket close frame, or its connection ended.
    case transportClose = "transport close"
    /// The connection failed, or the client broke HTTP or websocket rules.
    case transportError = "transport error"
    /// No answer to a heartbeat within `pingInterval` and `pingTimeout`.
    case pingTimeout = "ping timeout"
    /// The client sent what is no Engine.IO packet, or what the layer above refuses.
    case parseError = "parse error"
    /// The client sent more than `maxPayload`.
    case payloadTooLarge = "payload too large"
    /// More than `maxBufferedBytes` waited for the client.
    case slowConsumer = "slow consumer"
    /// The application closed the session.
    case forcedClose = "forced close"
    /// The server is stopping.
    case serverShutdown = "server shutting down"
}
