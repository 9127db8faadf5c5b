import NIOCore
import NIOSSL

extension ClientTLS {
    /// What a connection to `url` goes through first.
    ///
    /// - Throws: ``ConnectFailure`` if the trusted certificates can't be read.
    func handler(for url: SocketIOURL) throws -> NIOSSLClientHandler {
        var settings = TLSConfiguration.makeClientConfiguration()
        settings.minimumTLSVersion = .tlsv12
        settings.applicationProtocols = ["http/1.1"]
        settings.certificateVerification = verifiesServer ? .fullVerification : .none
        if let path = trustedCertificatesPath { settings.trustRoots = .file(path) }
        let context: NIOSSLContext
        do {
            context = try NIOSSLContext(configuration: settings)
        } catch {
            let path = trustedCertificatesPath ?? "the system's"
            throw ConnectFailure(
                step: .tcp,
                code: .untrusted,
                message: "expected trusted certificates in PEM at \(path), found none that can be read"
            )
        }
        // A server is told the name it is called by, but no address.
        return try NIOSSLClientHandler(context: context, serverHostname: url.isAddress ? nil : url.host)
    }

    /// Why TLS came to nothing, in words; nil for an error of another kind.
    static func describe(_ error: any Error) -> String? {
        let isUntrusted = "\(error)".contains("CERTIFICATE_VERIFY_FAILED")
        switch error {
        case NIOSSLError.handshakeFailed where isUntrusted, is NIOSSLExtraError:
            return "a certificate that is not trusted for this host (see --ca)"
        case is NIOSSLError, is BoringSSLError:
            return "no TLS, or none in common: \(error)"
        default:
            return nil
        }
    }
}

extension SocketIOURL {
    /// Whether the host is an address and no name.
    fileprivate var isAddress: Bool {
        (try? SocketAddress(ipAddress: host, port: port)) != nil
    }
}
