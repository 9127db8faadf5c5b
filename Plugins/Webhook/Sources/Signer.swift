import Crypto

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Signs requests as Standard Webhooks (https://www.standardwebhooks.com) describes it, version `v1`: HMAC-SHA256 over the
/// request's id, the time and the body.
struct Signer: Sendable {
    /// What the specification asks of a secret.
    static let leastSecretBytes = 24
    /// What marks a secret as base64.
    static let prefix = "whsec_"

    private let key: SymmetricKey

    /// - Parameter secret: at least ``leastSecretBytes`` of text, or ``prefix`` and as many in base64.
    init(secret: String) throws {
        var bytes = Data(secret.utf8)
        if secret.hasPrefix(Self.prefix) {
            guard let decoded = Data(base64Encoded: String(secret.dropFirst(Self.prefix.count))) else {
                throw Failure("expected base64 after \(Self.prefix), found something else")
            }
            bytes = decoded
        }
        // Its length is nothing for a message, let alone the secret.
        guard bytes.count >= Self.leastSecretBytes else {
            throw Failure("expected at least \(Self.leastSecretBytes) bytes, found fewer")
        }
        key = SymmetricKey(data: bytes)
    }

    /// The headers by which the service knows who asks, and when.
    ///
    /// - Parameters:
    ///   - id: another one for each request.
    ///   - time: in seconds since 1970 UTC.
    func headers(for body: [UInt8], id: String, at time: Int64) -> [(name: String, value: String)] {
        var code = HMAC<SHA256>(key: key)
        code.update(data: Array("\(id).\(time).".utf8))
        code.update(data: body)
        let signature = Data(code.finalize()).base64EncodedString()
        return [("webhook-id", id), ("webhook-timestamp", "\(time)"), ("webhook-signature", "v1,\(signature)")]
    }
}
