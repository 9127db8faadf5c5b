import StreamFencePluginKit

/// What is known of one client's token, and what follows for a request. A plain value: it asks nobody and knows no clock.
///
/// A client without an accepted token may do nothing. The one accepted last serves for requests that carry none. Where the
/// validator gave grants, they decide; where it gave none it is asked about each action on each topic, once for a token.
/// Accepting a token for one topic so says nothing of another.
struct ClientAuthentication {
    private(set) var accepted: AcceptedToken?
    /// Everybody it has been, by tokens it has shown: what one of them was let into stays with the client.
    private(set) var principals: Set<String> = []
    /// What the validator has accepted the token for.
    private var uses: Set<TokenUse> = []

    /// What to do with a request.
    enum Answer: Equatable {
        case allow
        case refuse(AuthenticationError)
        /// Ask the validator about this token first.
        case validate(String)
    }

    var isAuthenticated: Bool { accepted != nil }

    /// - Parameters:
    ///   - token: that of the request; nil for the one accepted before.
    ///   - now: the wall clock, since 1970-01-01T00:00:00Z.
    func answer(to use: TokenUse, with token: String?, at now: Duration) -> Answer {
        guard let accepted else {
            return token.map { .validate($0) } ?? .refuse(.missing)
        }
        if let token, token != accepted.token { return .validate(token) }
        if let expiresAt = accepted.expiresAt, expiresAt <= now { return .refuse(.expired) }
        if let grants = accepted.grants { return Self.allows(grants, use) ? .allow : .refuse(.notGranted) }
        if uses.contains(use) { return .allow }
        return accepted.token.map { .validate($0) } ?? .refuse(.notGranted)
    }

    /// The validator has accepted a token.
    mutating func accept(_ token: AcceptedToken, for use: TokenUse) {
        if token.token != accepted?.token { uses = [] }
        uses.insert(use)
        accepted = token
        principals.insert(token.principal)
    }

    private static func allows(_ grants: [TokenGrant], _ use: TokenUse) -> Bool {
        // To be in a namespace is no right of its own.
        guard let topic = use.topic else { return true }
        return grants.contains { ($0.topic == "*" || $0.topic == topic) && $0.actions.contains(use.action) }
    }
}
