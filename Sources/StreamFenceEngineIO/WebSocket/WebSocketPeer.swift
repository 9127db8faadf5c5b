import NIOCore

/// A websocket connection as a session sees it; usable from any thread.
struct WebSocketPeer: Sendable {
    let channel: any Channel

    var id: ObjectIdentifier { ObjectIdentifier(channel) }

    /// Sends finished frames at once.
    func send(_ frames: ByteBuffer) {
        channel.writeAndFlush(frames, promise: nil)
    }

    /// Starts the closing handshake; the channel closes when the client answers, or soon after if it does not.
    func close(_ code: WebSocketCloseCode) {
        channel.triggerUserOutboundEvent(WebSocketHandler.Close(code: code), promise: nil)
    }

    /// Whether the connection is read from. Not reading is how a client that lets answers pile up is held back.
    func setReading(_ isReading: Bool) {
        channel.setOption(.autoRead, value: isReading).whenFailure { _ in
            // The channel has closed: there is nothing to hold back any more.
        }
    }
}

extension WebSocketCloseCode {
    init(_ reason: EngineIOCloseReason) {
        switch reason {
        case .transportClose, .forcedClose: self = .normal
        case .serverShutdown: self = .goingAway
        case .transportError, .parseError: self = .protocolError
        case .payloadTooLarge: self = .tooLarge
        case .pingTimeout, .slowConsumer: self = .policyViolation
        }
    }
}
