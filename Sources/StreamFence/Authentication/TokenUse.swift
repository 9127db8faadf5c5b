import NIOCore
import StreamFenceEngineIO
import StreamFencePluginKit

/// What a client presents a token for.
struct TokenUse: Hashable, Sendable {
    let action: TokenRequest.Action
    /// The topic's name; nil for ``TokenRequest/Action/connect``.
    let topic: String?

    static let connect = TokenUse(action: .connect, topic: nil)

    static func subscribe(_ topic: String) -> TokenUse { TokenUse(action: .subscribe, topic: topic) }
    static func publish(_ topic: String) -> TokenUse { TokenUse(action: .publish, topic: topic) }
}

/// A token that the validator has accepted, and for what; or the certificate that stands for one.
struct AcceptedToken: Sendable, Equatable {
    /// Kept as long as the client stays: the validator may be asked about further topics. nil for a certificate.
    let token: String?
    let principal: String
    /// Since 1970-01-01T00:00:00Z; nil for ever.
    let expiresAt: Duration?
    /// nil: the validator is asked for each action on each topic.
    let grants: [TokenGrant]?
    /// When the validator was asked.
    let asked: NIODeadline
}

extension AcceptedToken {
    /// Who has shown a certificate may do everything, until that ends.
    init(_ identity: PeerIdentity, at now: NIODeadline) {
        self.init(
            token: nil,
            principal: identity.name,
            expiresAt: identity.expiresAt,
            grants: [TokenGrant(topic: "*", actions: [.subscribe, .publish])],
            asked: now
        )
    }
}
