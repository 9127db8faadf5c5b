import NIOCore
import NIOHTTP1

/// An HTTP answer of an Engine.IO server.
struct EngineIOResponse: Sendable, Equatable {
    let status: HTTPResponseStatus
    let contentType: String?
    let body: ByteBuffer

    private init(_ status: HTTPResponseStatus, _ contentType: String?, _ body: ByteBuffer) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    /// Packets for a GET.
    static func payload(_ body: ByteBuffer) -> EngineIOResponse {
        EngineIOResponse(.ok, "text/plain; charset=UTF-8", body)
    }

    static let noopPayload = payload(ByteBuffer(string: "6"))
    static let closePayload = payload(ByteBuffer(string: "1"))
    /// The answer to a POST.
    static let posted = EngineIOResponse(.ok, "text/html", ByteBuffer(string: "ok"))
    static let badRequest = refusal(.badRequest)
    /// A second GET or POST at once.
    static let overlapping = EngineIOResponse(.badRequest, nil, ByteBuffer())
    static let payloadTooLarge = EngineIOResponse(.payloadTooLarge, nil, ByteBuffer())
    static let headersTooLarge = EngineIOResponse(.requestHeaderFieldsTooLarge, nil, ByteBuffer())
    static let notFound = EngineIOResponse(.notFound, nil, ByteBuffer())
    static let malformed = EngineIOResponse(.badRequest, nil, ByteBuffer())
    /// The answer to a CORS preflight.
    static let preflight = EngineIOResponse(.noContent, nil, ByteBuffer())
    static let stopping = EngineIOResponse(.serviceUnavailable, nil, ByteBuffer())
    /// The client's address has all the sessions it may have.
    static let tooManySessions = EngineIOResponse(
        .tooManyRequests,
        "text/html",
        ByteBuffer(string: "Too many connections from this address")
    )

    /// The client's proof of who it is does not stand any more: another connection needs another one (RFC 9110, section 15.5.20).
    static let identityEnded = EngineIOResponse(.misdirectedRequest, nil, ByteBuffer())

    /// Whether there is no further request on the connection.
    var endsConnection: Bool { status == .misdirectedRequest }

    static func refusal(_ refusal: EngineIORefusal) -> EngineIOResponse {
        EngineIOResponse(refusal.status, "application/json", ByteBuffer(string: refusal.json))
    }

    /// The answer to a websocket handshake: text, as the official server gives it.
    static func webSocketRefusal(_ refusal: EngineIORefusal) -> EngineIOResponse {
        EngineIOResponse(refusal.status, "text/html", ByteBuffer(string: refusal.message))
    }

    static func == (lhs: EngineIOResponse, rhs: EngineIOResponse) -> Bool {
        lhs.status == rhs.status && lhs.contentType == rhs.contentType && lhs.body == rhs.body
    }
}

/// Why a request is refused, as the official server numbers it.
enum EngineIORefusal: Int, Error, Sendable {
    case unknownTransport = 0
    case unknownSession = 1
    case badHandshakeMethod = 2
    case badRequest = 3
    case forbidden = 4
    case unsupportedProtocolVersion = 5

    var message: String {
        switch self {
        case .unknownTransport: return "Transport unknown"
        case .unknownSession: return "Session ID unknown"
        case .badHandshakeMethod: return "Bad handshake method"
        case .badRequest: return "Bad request"
        case .forbidden: return "Forbidden"
        case .unsupportedProtocolVersion: return "Unsupported protocol version"
        }
    }

    var status: HTTPResponseStatus {
        self == .forbidden ? .forbidden : .badRequest
    }

    var json: String { "{\"code\":\(rawValue),\"message\":\"\(message)\"}" }
}
