import JWTKit
import StreamFencePluginKit

/// `jwt`: accepts JSON Web Tokens that one of the keys has signed.
///
/// 1. Only a key that was made for the token's algorithm is tried: a public key is never taken for a secret.
/// 2. What the token claims is checked against the options: issuer, audience, and the time, with some leeway.
/// 3. The principal and what it may do on which topic come from claims.
struct JWTValidator: TokenValidator {
    private let settings: Settings
    private let keys: KeyFile
    /// The time since 1970 UTC.
    private let now: @Sendable () -> Duration

    init(_ settings: Settings, now: @escaping @Sendable () -> Duration) throws {
        self.settings = settings
        self.now = now
        keys = try KeyFile(settings.source, reload: settings.reload)
    }

    func validate(_ request: TokenRequest) async throws -> TokenDecision {
        do {
            return try accept(try await verified(request.token))
        } catch let refusal as Refusal {
            return .reject(reason: refusal.reason)
        }
    }

    /// The claims of a token whose signature is good.
    private func verified(_ token: String) async throws -> Claims {
        guard let header = try? DefaultJWTParser().parse(Array(token.utf8), as: Claims.self).header else {
            throw Refusal("expected a JSON Web Token, found something else")
        }
        guard header.fields["crit"] == nil else {
            throw Refusal("expected a token without critical extensions, found some")
        }
        let candidates = keys.current.keys(algorithm: header.alg ?? "", id: header.kid)
        guard !candidates.isEmpty else {
            throw Refusal("expected the algorithm and the id of a key that is there, found others")
        }
        for key in candidates {
            if let claims = try? await key.verifier.value.verify(token, as: Claims.self) { return claims }
        }
        throw Refusal("expected the signature of a key that is there, found another")
    }

    private func accept(_ claims: Claims) throws -> TokenDecision {
        if let issuer = settings.issuer, claims.text("iss") != issuer {
            throw Refusal("expected the issuer \(issuer), found another")
        }
        if let audience = settings.audience, claims.texts("aud")?.contains(audience) != true {
            throw Refusal("expected the audience \(audience), found others")
        }
        let now = now()
        let expiresAt = try claims.time("exp").map { $0 + settings.leeway }
        if let expiresAt, expiresAt <= now {
            throw Refusal("expected a token that has not expired, found an expired one")
        }
        if expiresAt == nil, settings.requireExpiry { throw Refusal("expected a token with an expiry, found none") }
        if let from = try claims.time("nbf"), from - settings.leeway > now {
            throw Refusal("expected a token that may be used already, found one for later")
        }
        guard let principal = claims.text(settings.principalClaim), !principal.isEmpty else {
            throw Refusal("expected the principal as text in \(settings.principalClaim), found none")
        }
        return .accept(principal: principal, expiresAt: expiresAt, grants: grants(claims))
    }

    /// What the claims that are named in the options list; nil where none is named.
    private func grants(_ claims: Claims) -> [TokenGrant]? {
        guard settings.subscribeClaim != nil || settings.publishClaim != nil else { return nil }
        func grants(_ claim: String?, _ action: TokenRequest.Action) -> [TokenGrant] {
            let topics = claim.flatMap { claims.texts($0) } ?? []
            return topics.map { TokenGrant(topic: $0, actions: [action]) }
        }
        return grants(settings.subscribeClaim, .subscribe) + grants(settings.publishClaim, .publish)
    }
}

/// Why a token is refused.
struct Refusal: Error {
    let reason: String

    init(_ reason: String) {
        self.reason = reason
    }
}
