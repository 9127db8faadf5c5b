import StreamFenceEngineIO

/// What is counted for a namespace as a whole: clients that joined and left, requests and tokens that were refused,
/// acknowledgements that name no topic.
final class NamespaceCounters: Sendable {
    /// `connections_total`.
    let connections = Counter()
    /// `disconnections_total`.
    let disconnections = Counter()
    /// `acks_unknown_total`: acknowledgements by packet id of what is not in flight, late or wrong, and on no topic; all of
    /// them where nothing asks for such.
    let unknownAcknowledgements = Counter()
    /// `auth_rejected_total`.
    let rejectedTokens = Counter()
    /// `auth_rate_limited_total`.
    let rateLimitedTokens = Counter()
    /// `auth_revoked_total`.
    let revokedClients = Counter()
    /// `rate_limited_total`.
    let overRate = Counter()
    /// `subscriptions_refused_total`.
    let refusedSubscriptions = Counter()
}

/// Messages and the bytes of their payloads, attachments included. Counted on any thread.
final class MessageCounter: Sendable {
    let messages = Counter()
    let bytes = Counter()

    func count(bytes count: Int) {
        messages.increment()
        bytes.increment(by: count)
    }
}
