/// Why a client was refused for its token, or for having none. What it is told says nothing of the reason.
enum AuthenticationError: Error, Equatable {
    /// It has shown no token.
    case missing
    /// It has shown no token for too long.
    case overdue
    /// The validator refused the token; the reason is for the log and for listeners.
    case rejected(reason: String)
    /// The validator failed, took too long, or was not asked as it has ceased to answer; the reason is for the log and for
    /// listeners.
    case undecided(reason: String)
    /// Too many tokens of the client's address were refused.
    case rateLimited
    /// The token is good, and not for this.
    case notGranted
    /// The token was good.
    case expired
    /// The token was good, and its principal was cut off.
    case revoked
    /// The token was good, and its principal has as many connections as it may.
    case crowded
    /// The client left while its token was looked at: nobody is there to be told.
    case abandoned

    /// What the client is told.
    var told: RequestError {
        switch self {
        case .missing: RequestError(.authRejected, "expected a token, found none")
        case .overdue: RequestError(.authRejected, "expected a token within authTimeoutMs, found none")
        case .rejected, .undecided, .abandoned: RequestError(.authRejected, "the token was refused")
        case .rateLimited:
            RequestError(.rateLimited, "too many tokens of this address were refused; try again later")
        case .notGranted: RequestError(.authRejected, "the token does not allow this")
        case .expired: RequestError(.authExpired, "the token has expired")
        case .revoked: RequestError(.authRejected, "the token was revoked")
        case .crowded: RequestError(.rateLimited, "too many connections of this principal")
        }
    }

    /// For the log and for listeners, where this is a refusal that they are told of.
    var reason: String? {
        switch self {
        case .missing: "no token"
        case .overdue: "no token within authTimeoutMs"
        case .rejected(let reason), .undecided(let reason): reason
        case .notGranted: "not granted"
        case .expired: "expired"
        case .rateLimited, .revoked, .crowded, .abandoned: nil
        }
    }
}
