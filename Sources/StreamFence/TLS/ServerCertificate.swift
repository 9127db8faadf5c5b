import NIOCore
import NIOSSL

/// A certificate chain and its private key, as they were read from their files: what new connections are secured with.
struct ServerCertificate: Sendable {
    let context: NIOSSLContext
    /// From when to when the server's own certificate is valid, in seconds since 1970.
    let notBefore: Int
    let notAfter: Int

    /// Reads the files: blocks.
    ///
    /// - Throws: what is wrong with them, and with which.
    init(_ configuration: TLSConfiguration) throws(CertificateError) {
        let chain = try Self.chain(configuration.certChainPemPath)
        let key = try Self.key(configuration.privateKeyPemPath, configuration.privateKeyPassword)
        var settings = NIOSSL.TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        settings.minimumTLSVersion = configuration.protocol == .v1_2 ? .tlsv12 : .tlsv13
        settings.applicationProtocols = ["http/1.1"]
        // A client that has stopped to read does not keep its connection open for longer.
        settings.shutdownTimeout = .seconds(1)
        do {
            context = try NIOSSLContext(configuration: settings)
        } catch {
            // Each was readable by itself. The library has no type for this.
            let isOther = "\(error)".contains("KEY_VALUES_MISMATCH") || "\(error)".contains("KEY_TYPE_MISMATCH")
            let found = isOther ? "another" : "one that can't be used with it: \(error)"
            throw CertificateError(
                "privateKeyPemPath",
                configuration.privateKeyPemPath,
                "expected the key of the first certificate in \(configuration.certChainPemPath), found \(found)"
            )
        }
        notBefore = Int(chain[0].notValidBefore)
        notAfter = Int(chain[0].notValidAfter)
    }

    private static func chain(_ path: String) throws(CertificateError) -> [NIOSSLCertificate] {
        let bytes = try read("certChainPemPath", path)
        let chain = (try? NIOSSLCertificate.fromPEMBytes(bytes)) ?? []
        guard !chain.isEmpty else {
            throw CertificateError(
                "certChainPemPath",
                path,
                "expected certificates in PEM, found none that can be read"
            )
        }
        return chain
    }

    private static func key(_ path: String, _ password: String?) throws(CertificateError) -> NIOSSLPrivateKey {
        let bytes = try read("privateKeyPemPath", path)
        let isEncrypted = String(decoding: bytes, as: UTF8.self).contains("ENCRYPTED")
        guard isEncrypted || password == nil else {
            // Somebody thinks that it is.
            throw CertificateError(
                "privateKeyPemPath",
                path,
                "expected an encrypted key, as there is a privateKeyPassword, found one that is not"
            )
        }
        do {
            guard let password else { return try NIOSSLPrivateKey(bytes: bytes, format: .pem) }
            return try NIOSSLPrivateKey(bytes: bytes, format: .pem) { $0(password.utf8) }
        } catch {
            let problem =
                switch (isEncrypted, password == nil) {
                case (true, true): "the key is encrypted: expected a privateKeyPassword, found none"
                case (true, false): "expected the password of the key as privateKeyPassword, found another"
                case (false, _): "expected a private key in PEM, found none that can be read"
                }
            throw CertificateError("privateKeyPemPath", path, problem)
        }
    }

    private static func read(_ option: String, _ path: String) throws(CertificateError) -> [UInt8] {
        do {
            return try SmallFile.read(path)
        } catch {
            throw CertificateError(option, path, error.description)
        }
    }
}

/// What is wrong with the files of a certificate.
public struct CertificateError: Error, Sendable, CustomStringConvertible {
    /// The option, its file, what was expected and what was found.
    public let description: String

    /// - Parameters:
    ///   - option: which names the file.
    ///   - problem: what was expected and what was found.
    init(_ option: String, _ path: String, _ problem: String) {
        description = "\(option) \(path): \(problem)"
    }
}
