import NIOCore

/// An Engine.IO 4 packet.
///
/// <https://github.com/socketio/socket.io/tree/main/docs/engine.io-protocol>
public enum EnginePacket: Sendable, Equatable {
    /// The handshake, JSON; the server sends it once.
    case open(ByteBuffer)
    /// The sender ends the session.
    case close
    /// The heartbeat; also the upgrade probe, whose content is `probe`.
    case ping(ByteBuffer)
    /// The answer to a ping; to the probe, with its content.
    case pong(ByteBuffer)
    /// What the application sends, text or binary.
    case message(EngineMessage)
    /// The client has moved to the transport this packet arrives on.
    case upgrade
    /// Nothing; ends a waiting poll.
    case noop

    /// `ping` without content, the server's heartbeat.
    public static let heartbeat = EnginePacket.ping(ByteBuffer())
}

/// What the application sends and receives.
public enum EngineMessage: Sendable, Equatable {
    /// Valid UTF-8.
    case text(ByteBuffer)
    /// Any bytes.
    case binary(ByteBuffer)

    /// The content's size in bytes.
    public var count: Int {
        switch self {
        case .text(let buffer), .binary(let buffer):
            return buffer.readableBytes
        }
    }
}
