/// How a client makes sure of the server of an `https://` or `wss://` URL, and says who it is itself.
public struct ClientTLS: Sendable, Equatable {
    /// A file of certificates in PEM, or a folder of such files: who they belong to is trusted, instead of whom the system
    /// trusts; default nil.
    public var trustedCertificatesPath: String?
    /// Whether the server has to prove who it is, default it has to. Without that anybody can listen in.
    public var verifiesServer = true
    /// The client's own certificate, default none. The files are read when a connection is made.
    public var certificate: CertificateFiles?

    /// A certificate and its key.
    public struct CertificateFiles: Sendable, Equatable {
        /// The certificate in PEM, followed by those that vouch for it.
        public var chainPath: String
        /// The key of the first one, in PEM and not encrypted.
        public var keyPath: String

        /// The parameters are the properties.
        public init(chainPath: String, keyPath: String) {
            self.chainPath = chainPath
            self.keyPath = keyPath
        }
    }

    /// Trusts whom the system trusts.
    public init() {}
}
