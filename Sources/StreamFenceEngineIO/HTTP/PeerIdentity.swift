/// Who the other end of a connection has proved to be, by a certificate.
///
/// Whoever secures connections fires it through the channel's pipeline, as an inbound user event, before the first bytes come.
public struct PeerIdentity: Sendable, Equatable {
    /// Unique among all who can prove who they are; without control characters, and not empty.
    public let name: String
    /// When the proof ends, since 1970-01-01T00:00:00Z.
    public let expiresAt: Duration

    /// The parameters are the properties.
    public init(name: String, expiresAt: Duration) {
        self.name = name
        self.expiresAt = expiresAt
    }
}
