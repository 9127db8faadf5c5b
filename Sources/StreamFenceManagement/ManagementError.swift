import Hummingbird
import StreamFence

/// A call of the API that was refused: the status for HTTP, the code for programs, the message for people.
struct ManagementError: Error {
    let status: HTTPResponse.Status
    /// Stable; those of ``PublishError`` and those below.
    let code: String
    let message: String

    init(_ status: HTTPResponse.Status, _ code: String, _ message: String) {
        self.status = status
        self.code = code
        self.message = message
    }

    static func invalid(_ message: String) -> ManagementError {
        ManagementError(.badRequest, "INVALID_REQUEST", message)
    }

    static func unknownServer(_ message: String) -> ManagementError {
        ManagementError(.notFound, "UNKNOWN_SERVER", message)
    }

    static let unauthorized = ManagementError(
        .unauthorized,
        "UNAUTHORIZED",
        "expected Authorization: Bearer with the token of the configuration"
    )

    static let foreignOrigin = ManagementError(
        .forbidden,
        "ORIGIN_REJECTED",
        "expected no page of another origin to call this"
    )

    static func foreignHost(_ host: String?) -> ManagementError {
        let found = host.map { "\"\($0.prefix(60))\"" } ?? "none"
        return ManagementError(
            .misdirectedRequest,
            "HOST_REJECTED",
            "expected localhost or an IP address as Host without a token in the configuration, found \(found)"
        )
    }

    static func bodyTooLarge(_ limit: Int) -> ManagementError {
        ManagementError(.contentTooLarge, "PAYLOAD_TOO_LARGE", "expected a body of at most \(limit) bytes")
    }

    static let busy = ManagementError(
        .serviceUnavailable,
        "BUSY",
        "the calls at work hold all the memory there is for them"
    )

    static func notServing(_ server: String) -> ManagementError {
        ManagementError(.serviceUnavailable, "NOT_SERVING", "\(server) is starting or stopping")
    }

    /// Why a message was not published, as HTTP says it.
    init(_ error: PublishError) {
        let status: HTTPResponse.Status =
            switch error.code {
            case .unknownNamespace, .unknownTopic: .notFound
            case .notSubscribed: .conflict
            case .payloadTooLarge: .contentTooLarge
            case .queueOverflow: .serviceUnavailable
            default: .badRequest
            }
        self.init(status, error.code.description, error.message)
    }
}
