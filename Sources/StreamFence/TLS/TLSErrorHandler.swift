import NIOCore
import NIOSSL

/// Stands behind TLS, and keeps to itself what is nobody's mistake further on.
///
/// 1. A client that is gone without a word of TLS is one whose connection has closed, as it is without TLS.
/// 2. A handshake that fails is counted, and closes the connection.
final class TLSErrorHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let certificates: CertificateStore

    init(_ certificates: CertificateStore) {
        self.certificates = certificates
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case NIOSSLError.uncleanShutdown:
            // The channel becomes inactive next.
            break
        case NIOSSLError.handshakeFailed:
            certificates.handshakeFailed("TLS handshake failed", error)
            context.close(promise: nil)
        default:
            context.fireErrorCaught(error)
        }
    }
}
