/// Certificate and key for ``TransportMode/wss``. The files are read when the server is made, and again when they change.
public struct TLSConfiguration: Sendable, Equatable {
    /// The certificate chain, PEM, leaf first.
    public var certChainPemPath: String
    /// The private key, PEM.
    public var privateKeyPemPath: String
    /// The lowest protocol version accepted, default ``TLSProtocol/v1_3``.
    public var `protocol`: TLSProtocol
    /// The key's password, where it is encrypted.
    public var privateKeyPassword: String?
    /// Certificates of who vouches for clients, PEM: a client may show a certificate of its own then, and where a namespace requires
    /// authentication its subject is the client's principal. nil, the default: no client is asked for one.
    public var clientCAPemPath: String?
    /// Whether a client without such a certificate gets no connection, default false.
    public var clientCertificateRequired: Bool

    /// Takes paths and reads no file. The parameters are the properties.
    public init(
        certChainPemPath: String,
        privateKeyPemPath: String,
        protocol: TLSProtocol = .v1_3,
        privateKeyPassword: String? = nil,
        clientCAPemPath: String? = nil,
        clientCertificateRequired: Bool = false
    ) {
        self.certChainPemPath = certChainPemPath
        self.privateKeyPemPath = privateKeyPemPath
        self.protocol = `protocol`
        self.privateKeyPassword = privateKeyPassword
        self.clientCAPemPath = clientCAPemPath
        self.clientCertificateRequired = clientCertificateRequired
    }
}

/// A version of TLS. The raw values are those of the configuration file.
public enum TLSProtocol: String, Sendable, CaseIterable {
    /// RFC 5246, for clients that know nothing newer.
    case v1_2 = "TLSv1.2"
    /// RFC 8446.
    case v1_3 = "TLSv1.3"
}
