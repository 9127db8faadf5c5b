import NIOCore
import NIOPosix
import NIOSSL

extension ClientTLS {
    /// What connections are secured with. Reads the files on a thread that may block.
    ///
    /// - Throws: ``ConnectFailure`` if one can't be read.
    func context() async throws -> NIOSSLContext {
        try await NIOThreadPool.singleton.runIfActive { try readContext() }
    }

    private func readContext() throws -> NIOSSLContext {
        var settings = TLSConfiguration.makeClientConfiguration()
        settings.minimumTLSVersion = .tlsv12
        settings.applicationProtocols = ["http/1.1"]
        settings.certificateVerification = verifiesServer ? .fullVerification : .none
        if let path = trustedCertificatesPath { settings.trustRoots = .file(path) }
        if let certificate { try certificate.read(into: &settings) }
        do {
            return try NIOSSLContext(configuration: settings)
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

extension ClientTLS.CertificateFiles {
    fileprivate func read(into settings: inout TLSConfiguration) throws {
        do {
            settings.certificateChain = try NIOSSLCertificate.fromPEMFile(chainPath).map { .certificate($0) }
        } catch {
            throw unreadable("a certificate in PEM at \(chainPath)", error)
        }
        do {
            settings.privateKey = .privateKey(try NIOSSLPrivateKey(file: keyPath, format: .pem))
        } catch {
            throw unreadable("a key in PEM at \(keyPath)", error)
        }
    }

    private func unreadable(_ expected: String, _ error: any Error) -> ConnectFailure {
        ConnectFailure(
            step: .tls,
            code: .untrusted,
            message: "expected \(expected), found none that can be read (\(error))"
        )
    }
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
