/// Who the other end of a connection has proved to be, by a certificate.
///
/// Whoever secures connections fires it through the channel's pipeline, as an inbound user event, before the first bytes come. A
/// session then belongs to who has opened it: others can't use it, whatever they know of it.
public struct PeerIdentity: Sendable, Equatable {
    /// Without control characters, and not empty.
    public let name: String
    /// When the proof ends, since 1970-01-01T00:00:00Z.
    public let expiresAt: Duration
    /// Whether the proof would still be accepted. Asked when a session is opened, on any event loop.
    public let stands: @Sendable () -> Bool

    /// The parameters are the properties.
    public init(name: String, expiresAt: Duration, stands: @escaping @Sendable () -> Bool = { true }) {
        self.name = name
        self.expiresAt = expiresAt
        self.stands = stands
    }

    /// Whether it is the same proof, whoever would accept it now.
    public static func == (one: PeerIdentity, other: PeerIdentity) -> Bool {
        one.name == other.name && one.expiresAt == other.expiresAt
    }
}
