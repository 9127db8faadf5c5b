import StreamFenceEngineIO

/// Why a client left a namespace.
public enum DisconnectReason: Sendable, Equatable, CustomStringConvertible {
    /// The client left the namespace.
    case clientLeft
    /// The server disconnected the client from the namespace.
    case serverDisconnected
    /// The connection ended.
    case connection(EngineIOCloseReason)

    /// As the official server words it.
    public var description: String {
        switch self {
        case .clientLeft: return "client namespace disconnect"
        case .serverDisconnected: return "server namespace disconnect"
        case .connection(let reason): return reason.rawValue
        }
    }
}
