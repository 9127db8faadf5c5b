import NIOCore

/// Why a client's connection ended.
public enum SocketIOCloseReason: Sendable, Equatable, CustomStringConvertible {
    /// ``SocketIOClient/close()`` was called.
    case closedByClient
    /// The server took the client out of its namespace.
    case disconnectedByServer
    /// The server closed the connection, with this websocket close code if it gave one.
    case closedByServer(code: UInt16?)
    /// The connection ended without a farewell; the cause, where the system names one.
    case connectionLost(String?)
    /// The server sent no heartbeat within the time its handshake promised.
    case heartbeatMissing(within: TimeAmount)
    /// The server sent what the protocol does not allow: what was expected, and what was found.
    case protocolViolation(String)

    /// The reason in a sentence, for logs.
    public var description: String {
        switch self {
        case .closedByClient:
            return "closed by this client"
        case .disconnectedByServer:
            return "the server disconnected the client from the namespace"
        case .closedByServer(let code):
            return "the server closed the connection" + (code.map { ": \(Self.meaning(of: $0))" } ?? "")
        case .connectionLost(let cause):
            return "the connection was lost" + (cause.map { ": \($0)" } ?? "")
        case .heartbeatMissing(let time):
            return "expected a heartbeat within \(time.nanoseconds / 1_000_000) ms, found none"
        case .protocolViolation(let what):
            return "the server broke the protocol: \(what)"
        }
    }

    /// RFC 6455, section 7.4.1.
    private static func meaning(of code: UInt16) -> String {
        switch code {
        case 1000: "normal closure (1000)"
        case 1001: "going away (1001)"
        case 1002: "protocol error (1002)"
        case 1007: "invalid data (1007)"
        case 1008: "policy violation, such as a client that is too slow or answers no heartbeat (1008)"
        case 1009: "message too large (1009)"
        default: "code \(code)"
        }
    }
}
