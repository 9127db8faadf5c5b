/// The codes a client or a publisher can meet, as they travel.
public enum ErrorCode: String, Sendable, CaseIterable {
    /// The namespace has no such topic.
    case unknownTopic = "UNKNOWN_TOPIC"
    /// The request is malformed; the message says what was expected.
    case invalidRequest = "INVALID_REQUEST"
    /// The client has shown no token, or one that was refused or does not allow this.
    case authRejected = "AUTH_REJECTED"
    /// The client's token was good until now.
    case authExpired = "AUTH_EXPIRED"
    /// Too many tokens of the client's address were refused, or it asks for more than the server's limits allow.
    case rateLimited = "RATE_LIMITED"
    /// The namespace does not serve the client's transport.
    case transportRejected = "TRANSPORT_REJECTED"
    /// Clients may not publish in this namespace, or the topic's handler failed.
    case publishDenied = "PUBLISH_DENIED"
    /// The message is larger than `maxQueuedBytesPerClient`, so no subscriber could ever receive it.
    case payloadTooLarge = "PAYLOAD_TOO_LARGE"
    /// The server holds too much that waits already.
    case queueOverflow = "QUEUE_OVERFLOW"
}

/// A request that was refused: the code for programs, the message for people.
struct RequestError: Error {
    let code: ErrorCode
    let message: String

    init(_ code: ErrorCode, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Why a message was not published: the server had no room for it, or its handler failed. What a handler threw stays on
    /// the server.
    static func publishing(_ error: any Error) -> RequestError {
        error as? RequestError ?? RequestError(.publishDenied, "the message could not be handled")
    }
}
