import NIOCore

/// The server's heartbeat: a ping every `pingInterval`, and an end when none is answered within `pingTimeout`.
///
/// <https://github.com/socketio/socket.io/tree/main/docs/engine.io-protocol#heartbeat>
struct Heartbeat {
    enum Action: Equatable {
        case sendPing
        case close
    }

    /// What the next expiry of the timer means.
    private var awaitingPong = false

    /// The timer has expired.
    mutating func timerFired() -> Action {
        if awaitingPong { return .close }
        awaitingPong = true
        return .sendPing
    }

    /// True if this answers a ping, so that the timer has to start again. Unasked pongs don't prolong anything.
    mutating func pongReceived() -> Bool {
        guard awaitingPong else { return false }
        awaitingPong = false
        return true
    }
}
