import NIOCore
import StreamFenceSocketIO

/// The content of the Engine.IO open packet, as far as a client over websocket needs it.
///
/// <https://github.com/socketio/socket.io/tree/main/docs/engine.io-protocol#handshake>
struct EngineHandshake: Equatable {
    /// How long after one heartbeat the next one must have come: `pingInterval` and `pingTimeout` together.
    let heartbeatTimeout: TimeAmount

    struct Invalid: Error, CustomStringConvertible {
        let description: String
    }

    init(_ content: ByteBuffer) throws {
        let json = try JSONFragment(validating: content)
        heartbeatTimeout = .milliseconds(
            try Self.milliseconds("pingInterval", json) + Self.milliseconds("pingTimeout", json)
        )
    }

    private static func milliseconds(_ key: String, _ json: JSONFragment) throws -> Int64 {
        let month = 30 * 24 * 60 * 60 * 1000
        guard let value = json[key]?.int, (1...month).contains(value) else {
            throw Invalid(description: "expected \(key) in the handshake, from 1 to \(month) ms, found none")
        }
        return Int64(value)
    }
}
