import NIOCore
import NIOPosix
import NIOSSL

extension ClientTLS {
    /// What connections are secured with. Reads the trusted certificates on a thread that may block.
    ///
    /// - Throws: ``ConnectFailure`` if there are none that can be read.
    func context() async throws -> NIOSSLContext {
        var settings = TLSConfiguration.makeClientConfiguration()
        settings.minimumTLSVersion = .tlsv12
        settings.applicationProtocols = ["http/1.1"]
        settings.certificateVerification = verifiesServer ? .fullVerification : .none
        if let path = trustedCertificatesPath { settings.trustRoots = .file(path) }
        do {
            return try await NIOThreadPool.singleton.runIfActive { [settings] in
                try NIOSSLContext(configuration: settings)
            }
        } catch {
            let place = trustedCertificatesPath.map { "at \($0)" } ?? "of the system"
            throw ConnectFailure(
                step: .tls,
                code: .untrusted,
                message: "expected trusted certificates in PEM \(place), found none that can be read (\(error))"
            )
        }
    }

    /// Why there is no TLS, in words; nil for an error of another kind.
    static func describe(_ error: any Error) -> String? {
        switch error {
        case NIOSSLError.handshakeFailed(let reason):
            // The library has no type for it.
            "\(reason)".contains("CERTIFICATE_VERIFY_FAILED") ? untrusted : "no TLS, or none in common: \(reason)"
        case is NIOSSLExtraError:
            untrusted
        default:
            nil
        }
    }

    private static let untrusted = "a certificate that is not trusted for this host (see --ca)"
}

extension NIOSSLContext {
    /// What a connection to `url` goes through first.
    func handler(for url: SocketIOURL) throws -> NIOSSLClientHandler {
        // A server is told the name it is called by, but no address.
        try NIOSSLClientHandler(context: self, serverHostname: url.isAddress ? nil : url.host)
    }
}

extension SocketIOURL {
    /// Whether the host is an address and no name.
    fileprivate var isAddress: Bool {
        (try? SocketAddress(ipAddress: host, port: port)) != nil
    }
}
