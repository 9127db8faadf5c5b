import Crypto
import StreamFencePluginKit

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What the service is asked: the body of the request.
struct Question: Sendable {
    /// What an answer is kept under: a hash of the whole question. The service can decide on nothing that is not in it, and nobody
    /// finds a token in the memory of what is kept.
    typealias Digest = SHA256Digest

    let token: String
    /// JSON. The same question has the same bytes.
    let body: [UInt8]

    init(_ request: TokenRequest, tellsAddress: Bool) throws {
        token = request.token
        let members = Members(
            token: request.token,
            namespace: request.namespace,
            topic: request.topic,
            action: request.action.rawValue,
            remoteAddress: tellsAddress ? request.remoteAddress : nil
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        body = Array(try encoder.encode(members))
    }

    var digest: Digest { SHA256.hash(data: body) }

    private struct Members: Encodable {
        let token: String
        let namespace: String
        let topic: String?
        let action: String
        let remoteAddress: String?
    }
}
