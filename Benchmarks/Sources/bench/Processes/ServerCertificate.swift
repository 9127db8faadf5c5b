import NIOSSL

/// A certificate that vouches for itself, for as long as a server runs with it.
struct ServerCertificate {
    let chainPath: String
    let keyPath: String

    /// Made by `openssl`.
    ///
    /// - Parameter folder: where its two files are made.
    init(in folder: String) throws {
        chainPath = "\(folder)/chain.pem"
        keyPath = "\(folder)/key.pem"
        let command = """
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1 \
            -addext subjectAltName=IP:127.0.0.1 -keyout "$0" -out "$1" 2> /dev/null
            """
        let process = try ChildProcess(["/bin/sh", "-c", command, keyPath, chainPath], output: .discarded)
        let status = process.waitForExit()
        guard status == 0 else {
            throw BenchmarkError("expected openssl to make a certificate in \(folder), it ended with status \(status)")
        }
    }

    /// What a client needs that trusts this certificate and no other.
    func trust() throws -> NIOSSLContext {
        var settings = TLSConfiguration.makeClientConfiguration()
        settings.trustRoots = .file(chainPath)
        return try NIOSSLContext(configuration: settings)
    }
}
