import NIOCore
import NIOSSL
import NIOTLS
import StreamFenceEngineIO

/// Stands behind TLS, and tells those further on who a client is, once it has shown a certificate that TLS has found good
/// (``PeerIdentity``). Whose certificate names nobody gets no connection.
final class ClientCertificateHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let certificates: CertificateStore
    /// Of those that the client was vouched for with.
    private let number: Int

    init(_ certificates: CertificateStore, number: Int) {
        self.certificates = certificates
        self.number = number
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
                stands: { [weak certificates, number] in certificates?.stands(number) == true }
            )
            context.fireUserInboundEventTriggered(identity)
        } catch {
            certificates.handshakeFailed("client certificate refused", error)
            context.close(promise: nil)
        }
    }
}
