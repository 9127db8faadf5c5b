import NIOCore
import NIOSSL

/// Where a server is, and how it is spoken to.
struct Endpoint: Sendable {
    let port: Int
    /// Nil for a server without TLS.
    let tls: NIOSSLContext?

    /// Secures a new connection, before anything else is added to it.
    func secure(_ channel: any Channel) throws {
        guard let tls else { return }
        try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: tls, serverHostname: nil))
    }
}
