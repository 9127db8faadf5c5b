import Logging
import NIOCore
import NIOSSL
import NIOTLS
import StreamFenceEngineIO

/// Stands behind TLS, and tells those further on who a client is, once it has shown a certificate that TLS has found good
/// (``PeerIdentity``). Whose certificate names nobody gets no connection.
final class ClientCertificateHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let logger: Logger
    private let stands: @Sendable () -> Bool

    /// - Parameter stands: whether those who vouch for the client still do; called on any event loop.
    init(_ logger: Logger, stands: @escaping @Sendable () -> Bool) {
        self.logger = logger
        self.stands = stands
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        defer { context.fireUserInboundEventTriggered(event) }
        guard case .handshakeCompleted? = event as? TLSUserEvent else { return }
        do {
            // None is fine here: where one is required there is no handshake without it.
            guard let certificate = try context.pipeline.syncOperations.nioSSL_peerCertificate() else { return }
            let identity = PeerIdentity(
                name: try CertificateSubject(certificate).text,
                expiresAt: .seconds(certificate.notValidAfter),
                stands: stands
            )
            context.fireUserInboundEventTriggered(identity)
        } catch {
            logger.debug("client certificate refused", metadata: ["reason": "\(error)"])
            context.close(promise: nil)
        }
    }
}
