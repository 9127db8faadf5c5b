import Synchronization

/// What is counted for a namespace as a whole: clients that joined and left, tokens that were refused,
/// acknowledgements that name no topic.
final class NamespaceCounters: Sendable {
    private let connectionCount = Atomic(0)
    private let disconnectionCount = Atomic(0)
    private let unknownAcknowledgementCount = Atomic(0)
    private let rejectedTokenCount = Atomic(0)
    private let rateLimitedTokenCount = Atomic(0)
    private let revokedClientCount = Atomic(0)
    private let overRateCount = Atomic(0)
    private let refusedSubscriptionCount = Atomic(0)

    /// `connections_total`.
    var connections: Int { connectionCount.load(ordering: .relaxed) }
    /// `disconnections_total`.
    var disconnections: Int { disconnectionCount.load(ordering: .relaxed) }

    /// `acks_unknown_total`: acknowledgements by packet id of what is not in flight, late or wrong, and on no topic; all of
    /// them where nothing asks for such.
    var unknownAcknowledgements: Int { unknownAcknowledgementCount.load(ordering: .relaxed) }

    /// `auth_rejected_total`.
    var rejectedTokens: Int { rejectedTokenCount.load(ordering: .relaxed) }
    /// `auth_rate_limited_total`.
    var rateLimitedTokens: Int { rateLimitedTokenCount.load(ordering: .relaxed) }

    /// `auth_revoked_total`.
    var revokedClients: Int { revokedClientCount.load(ordering: .relaxed) }

    /// `rate_limited_total`.
    var overRate: Int { overRateCount.load(ordering: .relaxed) }

    /// `subscriptions_refused_total`.
    var refusedSubscriptions: Int { refusedSubscriptionCount.load(ordering: .relaxed) }

    func countSubscriptionRefused() {
        refusedSubscriptionCount.wrappingAdd(1, ordering: .relaxed)
    }

    func countOverRate() {
        overRateCount.wrappingAdd(1, ordering: .relaxed)
    }

    func countRevokedClient() {
        revokedClientCount.wrappingAdd(1, ordering: .relaxed)
    }

    func countRejectedToken() {
        rejectedTokenCount.wrappingAdd(1, ordering: .relaxed)
    }

    func countRateLimitedToken() {
        rateLimitedTokenCount.wrappingAdd(1, ordering: .relaxed)
    }

    func countUnknownAcknowledgement() {
        unknownAcknowledgementCount.wrappingAdd(1, ordering: .relaxed)
    }

    func countConnection() {
        connectionCount.wrappingAdd(1, ordering: .relaxed)
    }

    func countDisconnection() {
        disconnectionCount.wrappingAdd(1, ordering: .relaxed)
    }
}

/// Messages and the bytes of their payloads, attachments included. Counted on any thread.
final class MessageCounter: Sendable {
    private let messageCount = Atomic(0)
    private let byteCount = Atomic(0)

    var messages: Int { messageCount.load(ordering: .relaxed) }
    var bytes: Int { byteCount.load(ordering: .relaxed) }

    func count(bytes: Int) {
        messageCount.wrappingAdd(1, ordering: .relaxed)
        byteCount.wrappingAdd(bytes, ordering: .relaxed)
    }
}
