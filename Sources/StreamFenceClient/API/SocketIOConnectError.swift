import StreamFenceSocketIO

/// Why ``SocketIOClient/connect(to:auth:tls:timeout:eventLoopGroup:)`` failed: at which step, and what was found there.
public struct SocketIOConnectError: Error, Sendable, CustomStringConvertible {
    /// A stable name for the reason. Open: later versions may add more.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name, as it stands in logs.
        public let description: String

        /// No TCP connection could be made.
        public static let unreachable = Code(description: "unreachable")
        /// There is no TLS connection to a server that is trusted.
        public static let untrusted = Code(description: "untrusted")
        /// The other side is no Socket.IO 5 server, or none at this path.
        public static let unexpectedAnswer = Code(description: "unexpected_answer")
        /// The namespace refused the client, see ``SocketIOConnectError/refusal``.
        public static let refused = Code(description: "refused")
        /// The connection ended before the namespace was joined.
        public static let closed = Code(description: "closed")
        /// Not finished in time.
        public static let timedOut = Code(description: "timed_out")
        /// `auth` is not something that can be sent.
        public static let invalidAuth = Code(description: "invalid_auth")
    }

    /// The steps, in their order.
    public enum Step: String, Sendable, CustomStringConvertible {
        /// Finding the host and opening the connection.
        case tcp = "TCP connection"
        /// Making sure of the server of an `https://` URL.
        case tls = "TLS handshake"
        /// Asking the server for a websocket.
        case webSocket = "websocket handshake"
        /// Waiting for the Engine.IO session.
        case engine = "Engine.IO open"
        /// Joining the namespace.
        case namespace = "Socket.IO connect"

        /// The step in words, as it stands in messages.
        public var description: String { rawValue }
    }

    /// What the server said when it refused.
    public struct Refusal: Sendable, Equatable {
        /// `message` of the answer, or the answer itself where it is a string.
        public let message: String
        /// `data.code`, if it is a string, such as `AUTH_REJECTED`.
        public let code: String?
        /// `data`, if the server sent any.
        public let data: JSONFragment?

        /// - Parameter answer: the payload of the packet: an object with `message` and `data`, or a string.
        init(_ answer: JSONFragment?) {
            message = answer?["message"]?.string ?? answer?.string ?? "no reason given"
            data = answer?["data"]
            code = data?["code"]?.string
        }
    }

    /// The reason, for programs.
    public let code: Code
    /// The step that failed.
    public let step: Step
    /// `host:port` and the namespace.
    public let url: SocketIOURL
    /// What was expected and what was found.
    public let message: String
    /// Given if ``code`` is ``Code-swift.struct/refused``.
    public let refusal: Refusal?

    /// One line: `127.0.0.1:3000: Socket.IO connect to /feed failed: AUTH_REJECTED: the token is not valid`.
    public var description: String {
        let target = step == .namespace ? " to \(url.namespace)" : ""
        return "\(url.address): \(step)\(target) failed: \(message)"
    }
}

/// What went wrong, as the part of the connection it went wrong in knows it.
struct ConnectFailure: Error, Equatable {
    let step: SocketIOConnectError.Step
    let code: SocketIOConnectError.Code
    let message: String
    var refusal: SocketIOConnectError.Refusal?

    func error(_ url: SocketIOURL) -> SocketIOConnectError {
        SocketIOConnectError(code: code, step: step, url: url, message: message, refusal: refusal)
    }
}
