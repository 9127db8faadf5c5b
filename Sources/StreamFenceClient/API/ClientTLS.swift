/// How a client makes sure of the server of an `https://` or `wss://` URL.
public struct ClientTLS: Sendable, Equatable {
    /// A file of certificates in PEM, or a folder of such files: who they belong to is trusted, instead of whom the system
    /// trusts; default nil.
    public var trustedCertificatesPath: String?
    /// Whether the server has to prove who it is, default it has to. Without that anybody can listen in.
    public var verifiesServer = true

    /// Trusts whom the system trusts.
    public init() {}
}
