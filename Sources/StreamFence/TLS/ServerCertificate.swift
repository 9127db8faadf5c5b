import NIOCore
import NIOSSL

/// A certificate chain and its private key, and who vouches for clients, as they were read from their files: what new
/// connections are secured with.
struct ServerCertificate: Sendable {
    let context: NIOSSLContext
    /// From when to when the server's own certificate is valid, in seconds since 1970.
    let notBefore: Int
    let notAfter: Int

    /// Reads the files: blocks.
    ///
    /// - Throws: what is wrong with them, and with which.
    init(_ configuration: TLSConfiguration) throws(CertificateError) {
        let chain = try Self.certificates("certChainPemPath", configuration.certChainPemPath)
        let key = try Self.key(configuration.privateKeyPemPath, configuration.privateKeyPassword)
        var settings = NIOSSL.TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        settings.minimumTLSVersion = configuration.protocol == .v1_2 ? .tlsv12 : .tlsv13
        settings.applicationProtocols = ["http/1.1"]
        if let path = configuration.clientCAPemPath {
            settings.trustRoots = .certificates(try Self.certificates("clientCaPemPath", path))
            settings.certificateVerification =
                configuration.clientCertificateRequired ? .noHostnameVerification : .optionalVerification
            // Who has several certificates finds the one that is asked for.
            settings.sendCANameList = true
        }
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

    /// At least one.
    private static func certificates(
        _ option: String,
        _ path: String
    ) throws(CertificateError) -> [NIOSSLCertificate] {
        let bytes = try read(option, path)
        let certificates = (try? NIOSSLCertificate.fromPEMBytes(bytes)) ?? []
        guard !certificates.isEmpty else {
            throw CertificateError(option, path, "expected certificates in PEM, found none that can be read")
        }
        return certificates
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
